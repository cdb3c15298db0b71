import { readDuration } from './duration.ts'

/** The longest round pane that divides the window and is no longer than a sixtieth of it (a tenth below 10 s, 1 s below 1 m). */
export function paneOf(ms: number): number {
  const round = ['1d', '6h', '1h', '30m', '10m', '5m', '1m', '30s', '10s', '5s', '1s', '500ms', '100ms', '10ms', '1ms']
  const longest = ms < 10_000 ? ms / 10 : Math.max(ms / 60, 1000)
  return round.map(text => readDuration(text)!).find(pane => ms % pane === 0 && pane <= longest) ?? ms
}

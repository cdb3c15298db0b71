import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ask, eventually, start } from './program.ts'

test('an engine that dies is an event, a warning with the reason until it is back, and a number', async () => {
  const program = await start()
  const numbers = async (): Promise<string[]> =>
    (await (await fetch(`${program.url}/metrics`)).text())
      .split('\n')
      .filter(line => /^telltale_history_engine/.test(line))
  try {
    expect(await numbers()).toEqual(
      expect.arrayContaining([
        'telltale_history_engine_restarts_total 0',
        'telltale_history_engine_state{state="ready"} 1',
      ]),
    )
    process.kill(Number.parseInt(readFileSync(join(program.data, 'history', 'engine.pid'), 'utf8'), 10), 'SIGKILL')
    const warnings = new Set<string>()
    await eventually(
      async () => {
        const ready = (await (await fetch(`${program.url}/readyz`)).json()) as { warnings: string[] }
        for (const warning of ready.warnings) if (/the history is (down|starting)/.test(warning)) warnings.add(warning)
        return numbers()
      },
      lines =>
        lines.includes('telltale_history_engine_restarts_total 1') &&
        lines.includes('telltale_history_engine_state{state="ready"} 1'),
      30_000,
    )
    expect(warnings.size).toBeGreaterThan(0)
    for (const warning of warnings) expect(warning).toContain('SIGKILL')
    const { rows } = await eventually(
      () =>
        ask(
          program,
          'type in (telltale_engine_down, telltale_engine_back) | count() by type, message | sort type desc',
        ),
      answer => answer.rows.length === 2,
    )
    expect(rows).toEqual([
      ['telltale_engine_down', expect.stringContaining('SIGKILL'), 1],
      ['telltale_engine_back', expect.stringContaining('SIGKILL'), 1],
    ])
  } finally {
    await program.stop()
  }
}, 90_000)

import type { CanaryReport } from './canary/report.ts'
import type { Context } from './context.ts'

/** Telltale's own numbers in the Prometheus text format. */
export function metrics({ pipeline, recent, history, canary, memory: bounds }: Context): string {
  const text = new Exposition()
  for (const [channel, counts] of pipeline.channels) {
    const { accepted, rejected, dropped, dropped_by_kernel: byKernel = 0, refused = 0, turned_away: away = 0 } = counts
    text.add('telltale_events_accepted_total', 'counter', 'Events taken and journaled', accepted, { channel })
    text.add('telltale_events_rejected_total', 'counter', 'Events refused', rejected, { channel })
    const lost = (by: string, value: number): void =>
      text.add('telltale_events_dropped_total', 'counter', 'Events lost, by Telltale or by the kernel', value, {
        channel,
        by,
      })
    lost('telltale', dropped - byKernel)
    if (byKernel > 0 || channel === 'udp') lost('kernel', byKernel)
    text.add('telltale_senders_refused_total', 'counter', 'Senders told to come back later', refused, { channel })
    text.add('telltale_connections_turned_away_total', 'counter', 'Connections closed at once, of too many', away, {
      channel,
    })
  }
  for (const { name, events, errors, ms, off } of pipeline.processors.list()) {
    text.add('telltale_processor_events_total', 'counter', 'Events through a processor', events, { processor: name })
    text.add('telltale_processor_errors_total', 'counter', 'Failures of a processor', errors, { processor: name })
    text.add('telltale_processor_seconds_total', 'counter', 'Time in a processor', ms / 1e3, { processor: name })
    const on = off === undefined ? 1 : 0
    text.add('telltale_processor_on', 'gauge', '0 where a processor was switched off', on, { processor: name })
  }
  for (const [stage, meter] of Object.entries(pipeline.stages)) {
    text.add('telltale_stage_events_total', 'counter', 'Events through a stage', meter.events, { stage })
    text.add('telltale_stage_errors_total', 'counter', 'Failures of a stage', meter.errors, { stage })
    text.add('telltale_stage_seconds_total', 'counter', 'Time in a stage', meter.ms / 1e3, { stage })
  }
  for (const { name, waiting, bytes, dropped } of pipeline.broadcast.list()) {
    text.add('telltale_listener_waiting', 'gauge', 'Events in a mailbox', waiting, { listener: name })
    text.add('telltale_listener_waiting_bytes', 'gauge', 'Bytes in a mailbox', bytes, { listener: name })
    text.add('telltale_listener_dropped_total', 'counter', 'Events a listener was too slow for', dropped, {
      listener: name,
    })
  }
  for (const [part, numbers] of Object.entries({ recent: recent.stats(), history: history.status }))
    for (const [name, value] of Object.entries(numbers))
      if (typeof value === 'number' && Number.isFinite(value))
        text.add(`telltale_${part}_${snake(name)}`, 'gauge', `${name} of ${part}`, value)
  const damaged = history.status.detached.length
  text.add('telltale_history_parts_damaged', 'gauge', 'Parts that could not be read and are set aside', damaged)
  text.add(
    'telltale_history_engine_restarts_total',
    'counter',
    'Times it was started after a failure',
    history.restarts,
  )
  for (const state of ['starting', 'ready', 'down', 'unavailable', 'stopped'])
    text.add(
      'telltale_history_engine_state',
      'gauge',
      '1 where the engine is in this state',
      history.status.engine.kind === state ? 1 : 0,
      { state },
    )
  const stuck = history.status.stuck === undefined ? 0 : 1
  text.add(
    'telltale_history_stuck',
    'gauge',
    '1 where events were offered to the history and it does not take them',
    stuck,
  )
  if (canary !== undefined) addCanary(text, canary.report)
  for (const [part, bytes] of Object.entries(bounds ?? {}))
    text.add('telltale_memory_bound_bytes', 'gauge', 'Memory a part may take', bytes, { part })
  const memory = process.memoryUsage()
  text.add('process_resident_memory_bytes', 'gauge', 'Resident memory', memory.rss)
  text.add(
    'process_cpu_seconds_total',
    'counter',
    'CPU time',
    (process.cpuUsage().user + process.cpuUsage().system) / 1e6,
  )
  return text.toString()
}

function addCanary(text: Exposition, { sent, stages, webhook }: CanaryReport): void {
  text.add('telltale_canary_sent_total', 'counter', 'Canaries sent', sent)
  for (const { stage, state, took_ms, waiting_ms, back, lost } of stages) {
    const at = { stage }
    text.add('telltale_canary_up', 'gauge', '0 where canaries do not come by', state === 'failing' ? 0 : 1, at)
    if (took_ms !== undefined)
      text.add('telltale_canary_seconds', 'gauge', 'Time the last canary took', took_ms / 1e3, at)
    text.add('telltale_canary_waiting_seconds', 'gauge', 'Age of the oldest not back', waiting_ms / 1e3, at)
    text.add('telltale_canary_back_total', 'counter', 'Canaries that came by', back, at)
    text.add('telltale_canary_lost_total', 'counter', 'Canaries that never will', lost, at)
  }
  if (webhook === undefined) return
  text.add('telltale_canary_webhook_up', 'gauge', '0 where it cannot be called', webhook.failing === undefined ? 1 : 0)
  text.add('telltale_canary_webhook_calls_total', 'counter', 'Calls of the webhook', webhook.calls)
  text.add('telltale_canary_webhook_failures_total', 'counter', 'Calls that failed', webhook.failures)
}

/** Groups samples by metric, as the format wants. */
class Exposition {
  readonly #metrics = new Map<string, string[]>()

  add(name: string, type: string, help: string, value: number, labels: Record<string, string> = {}): void {
    const lines = this.#metrics.get(name) ?? [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`]
    const pairs = Object.entries(labels).map(([key, label]) => `${key}="${quoted(label)}"`)
    lines.push(`${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}`)
    this.#metrics.set(name, lines)
  }

  toString(): string {
    return `${[...this.#metrics.values()].flat().join('\n')}\n`
  }
}

function quoted(label: string): string {
  return label.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, letter => `_${letter.toLowerCase()}`).replace(/\W+/g, '_')
}

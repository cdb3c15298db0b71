import { type Batch, type Bounds, TOP_KEYS } from '@telltale/event'
import { type Calculation, Calculator, calculate } from './calculate.ts'
import { type Classifier, type ClassifyRule, classifier } from './classify.ts'
import { type Code, type CodeLimits, type Failure, Guard, LIMITS } from './guard.ts'
import { Meter } from './meter.ts'
import { type Processor, Processors, VERDICTS } from './process.ts'
import { RULE } from './rule.ts'
import { above0, code, group, type Kind, list, named, type Settings, setting } from './setting.ts'

/** What a user configures of the pipeline. */
export interface Stages {
  classify?: readonly ClassifyRule[]
  /** By event type; `*` means every type. */
  process?: Readonly<Record<string, Processor>>
  calculate?: Readonly<Record<string, Calculation>>
  /** When code of the three above is taken for a runaway, and switched off. */
  code?: Partial<CodeLimits>
}

/** The settings of the stages. */
export const STAGES: Settings = {
  classify: setting(list(RULE, 'rules'), 'what events really are, see pipeline.md'),
  process: setting(named(code, 'type'), 'your code, by the type of its events; `*` is every type'),
  calculate: setting(named(code, 'name'), 'values that are added under a name'),
  code: setting(
    group({
      stuck: setting(above0, 'ms in which your code must come back; default 2,000'),
      slow: setting(above0, 'ms an event beyond which it is slow; default 1'),
      patience: setting(above0, 'seconds in a row it may be slow; default 10'),
    }),
  ),
}
const stagesOf: Kind<Stages> = group(STAGES)

export interface StagesHooks {
  /** A piece of code failed. */
  failed(failure: Failure): void
  /** A piece of code is slow, or was switched off: an event of that type is due. */
  judged(name: string, type: string, message: string): void
}

/** The three stages where users decide: classify, process, calculate. */
export class StageRunner {
  readonly processors: Processors
  readonly meters: { classify: Meter; process: Meter; calculate: Meter } = {
    classify: new Meter(),
    process: new Meter(),
    calculate: new Meter(),
  }
  readonly #bounds: Bounds
  readonly #hooks: StagesHooks
  readonly #guard: Guard
  #classifiers: Classifier[] = []
  #calculators: Calculator[] = []
  #configured: string[] = []

  constructor(bounds: Bounds, hooks: StagesHooks) {
    this.#bounds = withEnvelope(bounds)
    this.#hooks = hooks
    this.#guard = new Guard(({ name }, kind, message) => hooks.judged(name, VERDICTS[kind], `${name} ${message}`))
    this.processors = new Processors(this.#bounds, this.#guard, hooks.failed)
  }

  /** Replaces all configured stages at once, or, where one cannot be understood, throws and changes nothing. */
  configure({ classify, process, calculate, code }: Stages): void {
    const stages = stagesOf.read({ classify, process, calculate, code }, '')
    const classifiers = (stages.classify ?? []).map(classifier)
    this.#guard.limits = { ...LIMITS, ...stages.code }
    this.#classifiers = classifiers
    this.#calculators = Object.entries(stages.calculate ?? {}).map(([name, each]) => new Calculator(name, each))
    for (const name of this.#configured) this.processors.remove(name)
    this.#configured = []
    for (const [type, processor] of Object.entries(stages.process ?? {})) {
      this.processors.add(`config:${type}`, type, processor)
      this.#configured.push(`config:${type}`)
    }
  }

  /** Changes the batch in place, or makes a new one. */
  run(gathered: Batch): Batch {
    const { classify, process, calculate: calculating } = this.meters
    let started = classify.start()
    for (const each of this.#classifiers) each.run(gathered, this.#guard, failure => this.#failed(classify, failure))
    classify.stop(started, gathered.length)
    started = process.start()
    const batch = this.processors.run(gathered)
    process.stop(started, batch.length)
    started = calculating.start()
    calculate(batch, this.#calculators, this.#bounds, this.#guard, failure => this.#failed(calculating, failure))
    calculating.stop(started, batch.length)
    return batch
  }

  /** To be called once a second: looks who is slow. */
  weigh(): void {
    this.#guard.weigh(this.#codes())
  }

  /** The code that was switched off, and why. */
  get faults(): string[] {
    return [...this.#codes()].flatMap(({ name, off }) => (off === undefined ? [] : [`${name} is switched off: ${off}`]))
  }

  *#codes(): Iterable<Code> {
    for (const { code } of this.#classifiers) if (code !== undefined) yield code
    yield* this.processors.codes
    yield* this.#calculators
  }

  #failed(stage: Meter, failure: Failure): void {
    stage.failed()
    this.#hooks.failed(failure)
  }
}

/** Code sees of an event, and gives back, what senders need not write: the top keys, and a level of nesting. */
function withEnvelope(bounds: Bounds): Bounds {
  const { line, depth, keys } = bounds
  return { ...bounds, line: line + 1024, depth: depth + 1, keys: keys + TOP_KEYS.length }
}

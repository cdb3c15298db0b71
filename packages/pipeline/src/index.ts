/**
 * @telltale/pipeline: what happens to events between a channel and the stores: validate, classify, process, calculate,
 * journal, broadcast. It knows no protocol and no store.
 * @module
 */
export { Broadcast, type Consumer, type Listener, type ListenerOptions } from './broadcast.ts'
export type { Calculation } from './calculate.ts'
export type { ClassifyRule } from './classify.ts'
export { type CodeLimits, said } from './guard.ts'
export type * from './intake.ts'
export { type Measured, Meter } from './meter.ts'
export { type Counts, type Journal, Pipeline, type PipelineOptions } from './pipeline.ts'
export type { Processor } from './process.ts'
export type { Reject } from './rejects.ts'
export { STAGES, type Stages } from './stages.ts'
export { Strand } from './strand.ts'

import type { Proc } from './proc.ts'
import type { Probe, Vital } from './vital.ts'

/** How long work had to wait for a resource, where the kernel tells (PSI): `host_pressure`. */
export class PressureProbe implements Probe {
  readonly #proc: Proc

  constructor(proc: Proc) {
    this.#proc = proc
  }

  measure(): Vital[] {
    const vital: Vital = { type: 'host_pressure' }
    for (const resource of ['cpu', 'memory', 'io'])
      for (const [, who, share] of (this.#proc.read(`pressure/${resource}`) ?? '').matchAll(
        /^(some|full) avg10=([\d.]+)/gm,
      ))
        vital[`${resource}_${who}_percent`] = Number(share)
    return Object.keys(vital).length > 1 ? [vital] : []
  }
}

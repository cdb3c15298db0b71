import type { Journal } from '../journal/journal.ts'

/** The seq of every event in a journal's sealed segments, in their order. */
export async function everything(one: Journal): Promise<number[]> {
  const seqs: number[] = []
  for (const segment of one.sealed)
    for await (const batch of one.read(segment)) for (let i = 0; i < batch.length; i++) seqs.push(batch.seq + i)
  return seqs
}

export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

import type { Answer } from './request.ts'

/** The model could not have answered so. */
export class Impossible extends Error {
  override readonly name = 'Impossible'
}

/** @throws {Impossible} */
export function must(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new Impossible(sentence)
}

/** @throws {Impossible} It was another answer than this refusal. */
export function mustRefuse(answer: Answer, status: number, code: string): void {
  must(answer.status === status && answer.body?.code === code, `must be refused with ${status} ${code}`)
  must(!answer.replayed, 'a refusal is never replayed')
}

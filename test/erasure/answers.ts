import type { Answer } from './customers.ts'

/** Whether the vault says of everything that the customer was erased. */
export const onlyErased = (answers: readonly Answer[]) =>
  answers.every(({ status, body }) => status === 410 && body?.code === 'subject_erased')

/** How often each answer was given. */
export function tally(answers: readonly Answer[]): string {
  const byCode = Map.groupBy(answers, ({ status, body }) => `${status}${body?.code ? ` ${body.code}` : ''}`)
  return [...byCode].map(([code, those]) => `${those.length} × ${code}`).join(', ')
}

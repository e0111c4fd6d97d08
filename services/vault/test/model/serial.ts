import { Impossible } from './impossible.ts'
import type { Answer, Request } from './request.ts'
import { step } from './rules.ts'
import type { State } from './state.ts'

/** A request and what came back. */
export interface Exchange {
  readonly request: Request
  readonly answer: Answer
}

/** What was answered to requests that were under way together cannot come from any order of them. */
export class Unexplained extends Error {
  override readonly name = 'Unexplained'
}

/**
 * Looks for the orders, one request after the other, in which the model gives the answers that were observed.
 *
 * @param states Those that the vault may be in.
 * @param together Requests that were under way at the same time, few.
 * @returns The states that it may be in afterwards: one for each order that explains the answers, each once.
 * @throws {Unexplained} With every order and why it is none.
 */
export function explain(states: readonly State[], together: readonly Exchange[]): State[] {
  const after = new Map<string, State>()
  const reasons: string[] = []
  for (const state of states) {
    for (const order of permutations(together.map((_, n) => n))) {
      try {
        const reached = order.reduce((before, n) => stepOf(before, together, n), state)
        after.set(JSON.stringify(sorted(reached)), reached)
      } catch (error) {
        if (!(error instanceof Impossible)) throw error
        reasons.push(`  in the order ${order.map((n) => n + 1).join(', ')}: ${error.message}`)
      }
    }
  }
  if (after.size === 0) throw new Unexplained([...together.map(shown), ...new Set(reasons)].join('\n'))
  return [...after.values()]
}

function stepOf(state: State, together: readonly Exchange[], n: number): State {
  const { request, answer } = together[n] as Exchange
  try {
    return step(state, request, answer)
  } catch (error) {
    throw error instanceof Impossible ? new Impossible(`${n + 1} ${error.message}`) : error
  }
}

function shown({ request, answer }: Exchange, n: number): string {
  const replayed = answer.replayed ? ' (replayed)' : ''
  return `${n + 1} ${JSON.stringify(request)}\n  → ${answer.status}${replayed} ${JSON.stringify(answer.body)}`
}

export function permutations<T>(items: readonly T[]): T[][] {
  if (items.length <= 1) return [[...items]]
  return items.flatMap((item, n) => permutations(items.toSpliced(n, 1)).map((rest) => [item, ...rest]))
}

/** Two orders can reach one state, with its members in another order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, member]) => [name, sorted(member)] as const)
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)))
}

import { setTimeout as pause } from 'node:timers/promises'
import type { KillableService } from '../support/killable-service.ts'
import { ask } from './customers.ts'
import type { Stage } from './stage.ts'

const DEADLINE_MS = 60_000
const POLL_MS = 50

/** Waits for what comes by itself. @throws {Error} It does not. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${what} does not come to pass`)
    await pause(POLL_MS)
  }
}

const isReady = async (stage: Stage, process_: KillableService) =>
  (await ask(stage, process_, 'GET', '/ready')).status === 200

export async function untilReady(stage: Stage, processes: readonly KillableService[]): Promise<void> {
  for (const each of processes) await until(`${each.name} being ready`, () => isReady(stage, each))
}

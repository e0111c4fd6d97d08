import { randomBytes } from 'node:crypto'
import { acceptRestoreFor, InvalidConfig, LogDamaged, SealerBusy } from '@kontor/vault'
import type { Environment } from '../config.ts'
import { Sentence } from '../sentence.ts'
import type { Command } from './command.ts'

/**
 * `kontor audit accept-restore`: after an older database was put back, states in the sink where each log goes on and what is
 * given up. It takes the environment of the vault, and so the keys: whoever has only the database cannot do it.
 */
export async function acceptOlderDatabase({ screen }: Command, env: Environment): Promise<number> {
  const accepted = await acceptRestoreFor(env, {
    random: randomBytes,
    now: () => new Date(),
    monotonicMs: () => performance.now(),
  }).catch((error: unknown) => {
    throw asSentence(error)
  })
  const lines = accepted.map(
    ({ tenant, mode, size, signedSize }) =>
      `The log of ${tenant}, mode ${mode}, goes on at seq ${size}; ${Math.max(0, signedSize - size)} signed entries are given up.`,
  )
  screen.result(
    { accepted },
    lines.length > 0 ? lines : ['Nothing to accept: every log goes on from where it was signed.'],
  )
  return 0
}

function asSentence(error: unknown): unknown {
  if (error instanceof InvalidConfig) return new Sentence(error.message)
  if (error instanceof SealerBusy) return new Sentence('A sealer is at work at this moment: try again.')
  if (error instanceof LogDamaged) {
    return new Sentence(`This is no older database but a changed one, and is not accepted: ${error.message}.`)
  }
  return error
}

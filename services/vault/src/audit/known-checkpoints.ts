import { CHECKPOINT_TYP, type Checkpoint, fromPayload, logOf, parseSinkLine, readUnverified } from '@kontor/audit-log'
import { verifyCompact } from '@kontor/jose-box'
import type { Signer } from '../signing/signer.ts'
import { type CheckpointSink, withSink } from './sink.ts'

/** The sink holds something as its newest checkpoint of a log that the vault did not sign. */
export class SinkNotOurs extends Error {
  override readonly name = 'SinkNotOurs'
}

/** The newest checkpoint of each log in the sink: what the tables must go on from. */
export interface KnownCheckpoints {
  /**
   * Reads what came since.
   *
   * @returns Whether others wrote, or the sink is another one: then every log has to be compared with it. And what it no longer
   *   has, and is to be written into it again.
   * @throws {SinkNotOurs} A newest checkpoint is not signed by the vault.
   */
  refresh(): Promise<{ readonly changed: boolean; readonly carried: readonly Checkpoint[] }>
  /** After every log was compared. */
  compared(): void
  get(log: string): Checkpoint | undefined
  all(): Iterable<Checkpoint>
  /** After one was appended by this process. */
  set(checkpoint: Checkpoint): void
}

export function knownCheckpoints(sink: CheckpointSink, signer: Signer, onGarbled: () => void): KnownCheckpoints {
  const known = new Map<string, Checkpoint>()
  /** Logs that the sink speaks of, as it is now: one that was moved away goes on in an empty one, and what it said still holds. */
  const present = new Set<string>()
  /** Of logs whose newest line was not looked at closely yet. */
  const unverified = new Map<string, string>()
  let changed = true

  const reader = {
    restart() {
      changed = true
      present.clear()
      unverified.clear()
    },
    line(text: string) {
      changed = true
      try {
        const { checkpoint } = parseSinkLine(text)
        unverified.set(logOf(readUnverified(checkpoint)), checkpoint)
      } catch {
        onGarbled()
      }
    },
  }

  async function verify(): Promise<void> {
    if (unverified.size === 0) return
    const keys = await signer.publicKeys()
    for (const [log, jws] of unverified) {
      try {
        known.set(log, fromPayload(verifyCompact(jws, CHECKPOINT_TYP, keys)))
      } catch (cause) {
        throw new SinkNotOurs('the newest checkpoint of a log in the sink is not signed by the vault', { cause })
      }
      present.add(log)
    }
    unverified.clear()
  }

  return {
    async refresh() {
      await withSink(() => sink.read(reader))
      await verify()
      const carried = [...known].filter(([log]) => !present.has(log)).map(([, checkpoint]) => checkpoint)
      return { changed, carried }
    },
    compared() {
      changed = false
    },
    get: (log) => known.get(log),
    all: () => known.values(),
    set(checkpoint) {
      known.set(logOf(checkpoint), checkpoint)
      present.add(logOf(checkpoint))
    },
  }
}

import { CHECKPOINT_TYP, type Checkpoint, formatSinkLine, toPayload } from '@kontor/audit-log'
import { formatId } from '@kontor/ids'
import { type Frontier, frontierRoot } from '@kontor/merkle-log'
import type { Database } from '@kontor/postgres'
import type { Signer } from '../signing/signer.ts'
import type { KnownCheckpoints } from './known-checkpoints.ts'
import type { LogId } from './log.ts'
import { writeCheckpoints } from './repo.ts'
import { type CheckpointSink, withSink } from './sink.ts'

/** Where a log stands, to be signed, with the leaves that came since the checkpoint before. */
export interface NewCheckpoint {
  readonly log: LogId
  readonly frontier: Frontier
  /** The seq of the first of the leaves. */
  readonly from: number
  readonly leaves: readonly Buffer[]
  /** What is given up after an older database was put back. */
  readonly restored?: Checkpoint['restored']
}

export interface SigningDeps {
  readonly database: Database
  readonly signer: Signer
  readonly sink: CheckpointSink
  readonly now: () => Date
}

/** Signs where logs stand and appends that to the sink; the database keeps copies to show. */
export async function appendCheckpoints(
  { database, signer, sink, now }: SigningDeps,
  known: Pick<KnownCheckpoints, 'set'>,
  news: readonly NewCheckpoint[],
): Promise<void> {
  if (news.length === 0) return
  const at = now().toISOString()
  const made: { checkpoint: Checkpoint; jws: string; line: string; log: LogId }[] = []
  for (const { log, frontier, from, leaves, restored = null } of news) {
    const checkpoint: Checkpoint = {
      tenant: formatId('ten', log.tenantId),
      mode: log.mode,
      size: frontier.size,
      root: frontierRoot(frontier),
      at,
      restored,
    }
    const jws = await signer.sign(CHECKPOINT_TYP, toPayload(checkpoint))
    made.push({ checkpoint, jws, line: formatSinkLine({ checkpoint: jws, from, leaves }), log })
  }
  await withSink(() => sink.append(made.map(({ line }) => line)))
  for (const { checkpoint } of made) known.set(checkpoint)
  await writeCheckpoints(
    database,
    made.map(({ log, checkpoint, jws }) => ({ log, size: checkpoint.size, jws })),
  )
}

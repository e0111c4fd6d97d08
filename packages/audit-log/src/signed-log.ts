import { appendLeaves, EMPTY_FRONTIER, type Frontier, frontierRoot } from '@kontor/merkle-log'
import { type Checkpoint, fromPayload, logOf, parseSinkLine, type SinkLine } from './checkpoint.ts'
import type { Finding } from './report.ts'

/** Verifies the signature of a checkpoint. @returns What was signed; throws where nothing acceptable was. */
export type VerifySignature = (jws: string) => Readonly<Record<string, unknown>>

/** What the sink has of one log. */
export interface SignedLog {
  readonly tenant: string
  readonly mode: string
  /** In the order of the sink, with the line that each stands in. */
  readonly checkpoints: { readonly checkpoint: Checkpoint; readonly line: number }[]
  /** The leaves as far as the sink has them: an older file may have been put away. */
  readonly leaves: (Buffer | undefined)[]
  readonly notes: string[]
  readonly findings: Finding[]
}

/** What a whole sink says. */
export interface SignedLogs {
  readonly logs: ReadonlyMap<string, SignedLog>
  /** Of lines that belong to no log. */
  readonly findings: readonly Finding[]
  readonly notes: readonly string[]
}

/**
 * Reads a sink: verifies every signature, and gathers the leaves of each log.
 *
 * @param lines Of all files of the sink, in the order in which they were written, without line feeds.
 */
export async function readSignedLogs(
  lines: AsyncIterable<string> | Iterable<string>,
  verify: VerifySignature,
): Promise<SignedLogs> {
  const logs = new Map<string, SignedLog>()
  const findings: Finding[] = []
  const notes: string[] = []
  let line = 0
  for await (const text of lines) {
    line += 1
    if (text === '') continue
    const parsed = readLine(text)
    if (!parsed) {
      notes.push(`Line ${line} of the sink was cut off, as by a crash, and is passed over`)
      continue
    }
    try {
      const checkpoint = fromPayload(verify(parsed.checkpoint))
      take(logFor(logs, checkpoint), checkpoint, parsed, line)
    } catch (error) {
      const because = error instanceof Error ? error.message : 'it cannot be read'
      findings.push({ kind: 'checkpoint', seq: line, detail: `the line is not as the vault wrote it: ${because}` })
    }
  }
  return { logs, findings, notes }
}

/** @returns `undefined` for a line that is none: whatever it said is lost, and the next checkpoint covers it. */
function readLine(text: string): SinkLine | undefined {
  try {
    return parseSinkLine(text)
  } catch {
    return undefined
  }
}

function logFor(logs: Map<string, SignedLog>, checkpoint: Checkpoint): SignedLog {
  const { tenant, mode } = checkpoint
  const known = logs.get(logOf(checkpoint))
  if (known) return known
  const log: SignedLog = { tenant, mode, checkpoints: [], leaves: [], notes: [], findings: [] }
  logs.set(logOf(checkpoint), log)
  return log
}

function take(
  log: SignedLog,
  checkpoint: Checkpoint,
  { from, leaves }: { from: number; leaves: readonly Buffer[] },
  line: number,
): void {
  const { size, restored, at } = checkpoint
  if (restored) {
    log.notes.push(
      `At ${at} an older database was accepted: the log goes on at seq ${size}, and the entries that were signed from there to seq ${restored.size} are given up`,
    )
    forget(log, size)
  }
  if (from + leaves.length > size) {
    log.findings.push({ kind: 'checkpoint', seq: line, detail: 'the line has more leaves than its checkpoint' })
    return
  }
  for (const [n, leaf] of leaves.entries()) {
    const known = log.leaves[from + n]
    if (known !== undefined && !known.equals(leaf)) {
      log.findings.push({
        kind: 'checkpoint',
        seq: line,
        detail: `another leaf was written for seq ${from + n} before`,
      })
    }
    log.leaves[from + n] ??= leaf
  }
  log.checkpoints.push({ checkpoint, line })
}

/** What was signed beyond `size` was given up, and the checkpoints over it hold no more. */
function forget(log: SignedLog, size: number): void {
  log.leaves.length = Math.min(log.leaves.length, size)
  const kept = log.checkpoints.filter(({ checkpoint }) => checkpoint.size <= size)
  log.checkpoints.splice(0, log.checkpoints.length, ...kept)
}

/**
 * Computes every checkpoint's root anew over one growing tree, which proves each consistent with the one before.
 *
 * @param fill The hash that is at hand for a leaf that the sink does not have.
 */
export function checkRoots(log: SignedLog, fill: (seq: number) => Buffer | undefined): Finding[] {
  const findings: Finding[] = []
  let frontier: Frontier = EMPTY_FRONTIER
  let lastGood = 0
  let filled: number | undefined
  const bySize = log.checkpoints.toSorted((a, b) => a.checkpoint.size - b.checkpoint.size)
  for (const { checkpoint, line } of bySize) {
    const next: Buffer[] = []
    for (let seq = frontier.size; seq < checkpoint.size; seq++) {
      const own = log.leaves[seq]
      if (own === undefined) filled ??= seq
      const hash = own ?? fill(seq)
      // What is missing altogether is reported as that.
      if (hash === undefined) return findings
      next.push(hash)
    }
    frontier = appendLeaves(frontier, next).frontier
    if (frontierRoot(frontier).equals(checkpoint.root)) {
      lastGood = checkpoint.size
      filled = undefined
      continue
    }
    const detail = `the entries from there to seq ${checkpoint.size - 1} are not those that were signed (line ${line} of the sink)`
    if (filled !== undefined) return [...findings, { kind: 'difference', seq: lastGood, detail }]
    findings.push({
      kind: 'checkpoint',
      seq: line,
      detail: 'its root is not that of the leaves before it: the log forks',
    })
  }
  return findings
}

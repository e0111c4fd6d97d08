import { compare, type HeldEntry } from './compare.ts'
import type { Finding, LogReport } from './report.ts'
import { checkRoots, type SignedLog } from './signed-log.ts'

/** What is held of one log, and what its holder found wrong with it by itself. */
export interface HeldLog {
  /** In the order in which they are held. */
  readonly entries: readonly HeldEntry[]
  /** Of the same log, such as entries that disagree with themselves. */
  readonly findings: readonly Finding[]
  /** Events that are in no entry though their turn has passed: the vault did not write them. */
  readonly forged: readonly string[]
  /** Events that are in no entry yet. */
  readonly unsealed: number
}

/**
 * Verifies what is held of one log against what was signed of it.
 *
 * @returns What is intact up to the last checkpoint, and otherwise what was found, and where.
 * @see RFC 9162, 2.1
 */
export function verifyLog(signed: SignedLog, held: HeldLog): LogReport {
  const last = signed.checkpoints.reduce((most, { checkpoint }) => Math.max(most, checkpoint.size), 0)
  const expected = Array.from({ length: last }, (_, seq) => signed.leaves[seq])
  const found = compare(held.entries, expected)
  const roots = checkRoots(signed, (seq) => held.entries[seq]?.hash)
  const newest = signed.checkpoints.findLast(({ checkpoint }) => checkpoint.size === last)?.checkpoint
  return {
    tenant: signed.tenant,
    mode: signed.mode,
    entries: Math.min(last, held.entries.length),
    checkpoints: signed.checkpoints.length,
    until: newest?.at ?? null,
    unprotected: Math.max(0, held.entries.length - last) + held.unsealed,
    findings: [
      ...inOrder(telling([...signed.findings, ...found, ...roots, ...held.findings])),
      ...held.forged.map((id) => forgedEvent(id, held.entries.length)),
    ],
    notes: signed.notes,
  }
}

/** That hashes over several entries are wrong follows from what is wrong with the entries, where that is known. */
function telling(findings: readonly Finding[]): readonly Finding[] {
  const precise = findings.filter(({ kind }) => kind !== 'difference')
  return precise.length > 0 ? precise : findings
}

/** One finding for each place: what two looks have found is found once. */
function inOrder(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>()
  return findings
    .filter(({ kind, seq }) => {
      const place = kind === 'checkpoint' ? `line ${seq}` : `seq ${seq}`
      if (seen.has(place)) return false
      seen.add(place)
      return true
    })
    .sort((a, b) => a.seq - b.seq)
}

function forgedEvent(id: string, seq: number): Finding {
  const detail = `the event ${id} is in no entry though its turn has passed: the vault did not write it as it is`
  return { kind: 'insertion', seq, detail }
}

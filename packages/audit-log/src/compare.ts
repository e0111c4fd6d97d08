import type { Finding } from './report.ts'

/** An entry that somebody has: where it claims to stand, and the hash of its leaf. */
export interface HeldEntry {
  readonly seq: number
  readonly hash: Buffer
}

/**
 * Says in which way a list of entries is not the one that was signed. It walks through both; where they part, it asks whether
 * each side's entry occurs anywhere on the other.
 *
 * @param held In the order in which they are held.
 * @param signed The hashes that were signed; `undefined` where it is not known which was.
 */
export function compare(held: readonly HeldEntry[], signed: readonly (Buffer | undefined)[]): Finding[] {
  const key = (hash: Buffer) => hash.toString('latin1')
  const inSigned = new Set(signed.flatMap((hash) => (hash ? [key(hash)] : [])))
  const inHeld = new Set(held.map(({ hash }) => key(hash)))
  const findings: Finding[] = []
  let at = 0
  let seq = 0
  while (at < held.length && seq < signed.length) {
    const entry = held[at] as HeldEntry
    const expected = signed[seq]
    if (expected === undefined || entry.hash.equals(expected)) {
      // After an insertion the entries may have been numbered anew: then each says where it stands in the list.
      if (entry.seq !== seq && entry.seq !== at) {
        findings.push({ kind: 'edit', seq, detail: `the entry says that it stands at seq ${entry.seq}` })
      }
      at += 1
      seq += 1
      continue
    }
    const foreign = !inSigned.has(key(entry.hash))
    const missing = !inHeld.has(key(expected))
    if (foreign && !missing) {
      findings.push({ kind: 'insertion', seq, detail: 'an entry stands there that was never signed' })
      at += 1
    } else if (missing && !foreign) {
      findings.push({ kind: 'deletion', seq, detail: 'the entry that was signed there is missing' })
      seq += 1
    } else {
      findings.push(
        foreign
          ? { kind: 'edit', seq, detail: 'the entry is not the one that was signed' }
          : { kind: 'reordering', seq, detail: 'another entry of the log stands there' },
      )
      at += 1
      seq += 1
    }
  }
  if (seq < signed.length) {
    const detail = `the log ends there, and ${signed.length - seq} signed entries are missing`
    findings.push({ kind: 'truncation', seq, detail })
  }
  for (; at < held.length; at++) {
    const { hash } = held[at] as HeldEntry
    if (inSigned.has(key(hash))) {
      findings.push({ kind: 'insertion', seq: at, detail: 'a signed entry stands there a second time' })
    }
  }
  return findings
}

import { isDeepStrictEqual } from 'node:util'
import { entryOfLeaf, type Finding, type HeldEntry, type HeldLog, hashOfLeaf, logOf } from '@kontor/audit-log'
import { formatId } from '@kontor/ids'
import { Sentence } from '../sentence.ts'

interface Gathered extends HeldLog {
  readonly entries: HeldEntry[]
  readonly findings: Finding[]
}

/**
 * Reads what `audit export` wrote. What a person reads of an event has to be what its leaf says, and the leaf is what is
 * compared with the signed one.
 *
 * @returns By the name that checkpoints give a log.
 * @throws {Sentence} A line is no entry at all.
 */
export async function heldInFile(lines: AsyncIterable<string>): Promise<Map<string, HeldLog>> {
  const logs = new Map<string, Gathered>()
  let line = 0
  for await (const text of lines) {
    line += 1
    if (text === '') continue
    const { seq, ...said } = parseLine(text, line)
    const { entry, tenantId } = readLeaf(said.leaf, line)
    const name = logOf({ tenant: formatId('ten', tenantId), mode: entry.mode })
    const log = logs.get(name) ?? { entries: [], findings: [], forged: [], unsealed: 0 }
    if (!isDeepStrictEqual(said, entry)) {
      log.findings.push({ kind: 'edit', seq, detail: 'what can be read of the entry is not what its leaf says' })
    }
    log.entries.push({ seq, hash: hashOfLeaf(said.leaf) })
    logs.set(name, log)
  }
  return logs
}

function parseLine(text: string, line: number): { seq: number; leaf: string } {
  try {
    const value = JSON.parse(text) as { seq: number; leaf: string }
    if (Number.isSafeInteger(value.seq) && typeof value.leaf === 'string') return value
  } catch {
    // Said below, without the parser's words.
  }
  throw new Sentence(`Line ${line} of the events is not an entry of the log.`)
}

function readLeaf(leaf: string, line: number) {
  try {
    return entryOfLeaf(leaf)
  } catch {
    throw new Sentence(`Line ${line} of the events has no leaf that the vault can have written: it was changed.`)
  }
}

/** What can be wrong with a log. */
export type FindingKind =
  /** An entry is not the one that was signed at its place. */
  | 'edit'
  /** An entry stands where none was signed. */
  | 'insertion'
  /** A signed entry is missing, and others follow it. */
  | 'deletion'
  /** A signed entry stands at another place. */
  | 'reordering'
  /** The signed entries at the end are missing. */
  | 'truncation'
  /** The log as a whole is not the one that was signed, and the sink does not say where they part. */
  | 'difference'
  /** The sink itself is not as the vault wrote it. */
  | 'checkpoint'

export interface Finding {
  readonly kind: FindingKind
  /** Of the entry, or of the first of several; the line of the sink for a checkpoint. */
  readonly seq: number
  /** One sentence. */
  readonly detail: string
}

/** What a verifier has to say about one log. */
export interface LogReport {
  readonly tenant: string
  readonly mode: string
  /** Entries up to the last checkpoint. */
  readonly entries: number
  readonly checkpoints: number
  /** When the last checkpoint was signed; null without any. */
  readonly until: string | null
  /** Entries after it: whoever can write to the database can still change them unseen. */
  readonly unprotected: number
  readonly findings: readonly Finding[]
  /** What is no fault, and should be known. */
  readonly notes: readonly string[]
}

const SHOWN_MAX = 20

/** The report in plain words, one line each. */
export function inWords(report: LogReport): string[] {
  const { tenant, mode, entries, checkpoints, until, unprotected, findings, notes } = report
  const head = `Log of ${tenant}, mode ${mode}:`
  const verdict =
    findings.length === 0
      ? `${count(entries, 'event')} in ${count(checkpoints, 'checkpoint')} ${entries === 1 ? 'is' : 'are'} intact`
      : `NOT intact: ${count(findings.length, 'finding')} in ${count(entries, 'event')} and ${count(checkpoints, 'checkpoint')}`
  const hidden = findings.length - SHOWN_MAX
  return [
    `${head} ${verdict}${until === null ? '' : `, signed until ${until}`}.`,
    ...findings
      .slice(0, SHOWN_MAX)
      .map(({ kind, seq, detail }) => `  ${kind} at ${kind === 'checkpoint' ? 'line' : 'seq'} ${seq}: ${detail}.`),
    ...(hidden > 0 ? [`  and ${hidden} more.`] : []),
    ...notes.map((note) => `  ${note}.`),
    unprotected === 0
      ? '  Nothing is unprotected.'
      : `  The last ${count(unprotected, 'event')}, not yet in a checkpoint, ${unprotected === 1 ? 'is' : 'are'} unprotected.`,
  ]
}

const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`

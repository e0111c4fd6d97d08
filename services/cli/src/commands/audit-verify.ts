import { resolve } from 'node:path'
import { inWords, type LogReport, type SignedLogs } from '@kontor/audit-log'
import { connect } from '@kontor/postgres'
import { Sentence } from '../sentence.ts'
import { linesOf, readSinks } from './audit-files.ts'
import { verifyHeld } from './audit-held.ts'
import { heldInFile } from './audit-held-file.ts'
import type { Command } from './command.ts'

export interface AuditVerifyOptions {
  /** Files that `audit export` wrote. */
  readonly events: readonly string[]
  /** Read the tables instead. */
  readonly database?: boolean
  /** Compare tokens with their events. */
  readonly records?: boolean
  /** Files of the sink, in the order in which they were written. */
  readonly checkpoints: readonly string[]
  readonly publicKey?: string
}

/** What `--json` prints. */
interface Verified {
  readonly logs: readonly LogReport[]
  readonly sink: readonly string[]
  readonly records: readonly string[]
  readonly intact: boolean
}

/** `kontor audit verify`: says whether what is held is what was signed. @returns 1 where anything is not. */
export async function verifyAudit(command: Command, options: AuditVerifyOptions): Promise<number> {
  const { config, screen } = command
  const { events, database, records } = options
  if (events.length === 0 && !database && !records) {
    throw new Sentence('Say what is to be verified: --events FILE, --database, --records, or several of them.')
  }
  const lines: string[] = []
  const logs: LogReport[] = []
  const sink: string[] = []
  if (events.length > 0 || database) {
    const signed = await readSigned(command, options)
    sink.push(...signed.findings.map(({ seq, detail }) => `Line ${seq} of the sink: ${detail}.`))
    lines.push(...sink, ...signed.notes.map((note) => `${note}.`))
    const held =
      events.length > 0 ? await heldInFile(linesOf(events.map((file) => resolve(config.cwd, file)))) : undefined
    if (held) logs.push(...verifyHeld(signed, held, { onlyHeld: held.size > 0 }))
    if (database) logs.push(...(await verifyDatabase(command, signed)))
    lines.push(...logs.flatMap(inWords))
  }
  const wrong = records ? await verifyRecords(command, lines) : []
  const intact = sink.length === 0 && wrong.length === 0 && logs.every(({ findings }) => findings.length === 0)
  const verified: Verified = { logs, sink, records: wrong, intact }
  screen.result(verified, [...lines, intact ? 'Intact.' : 'NOT intact.'])
  return intact ? 0 : 1
}

function readSigned({ config }: Command, { checkpoints, publicKey }: AuditVerifyOptions): Promise<SignedLogs> {
  if (checkpoints.length === 0) throw new Sentence('--checkpoints is missing: the file that AUDIT_SINK_FILE names.')
  if (publicKey === undefined) throw new Sentence('--public-key is missing: a copy of GET /v1/signing-keys.')
  return readSinks(
    checkpoints.map((file) => resolve(config.cwd, file)),
    resolve(config.cwd, publicKey),
  )
}

// The vault's code is loaded only where its tables are read: what is verified from files needs nothing of it.
async function verifyDatabase({ config }: Command, signed: SignedLogs): Promise<LogReport[]> {
  const { heldLogs, logIdOf } = await import('@kontor/vault')
  const also = [...signed.logs.values()].flatMap((log) => logIdOf(log) ?? [])
  const database = connect({ url: config.required('VAULT_DATABASE_URL'), max: 1, applicationName: 'kontor audit' })
  try {
    return verifyHeld(signed, await heldLogs(database, also), { onlyHeld: false })
  } finally {
    await database.close()
  }
}

async function verifyRecords({ config }: Command, lines: string[]): Promise<string[]> {
  const { compareRecords } = await import('@kontor/vault')
  const database = connect({ url: config.required('VAULT_DATABASE_URL'), max: 1, applicationName: 'kontor audit' })
  try {
    const { tokens, findings } = await compareRecords(database)
    const wrong = findings.map(({ token, detail }) => `${token}: ${detail}.`)
    lines.push(
      wrong.length === 0
        ? `${tokens} tokens are as their last events say.`
        : `Tokens: NOT as their events say: ${wrong.length} of ${tokens}.`,
      ...wrong.map((line) => `  ${line}`),
    )
    return wrong
  } finally {
    await database.close()
  }
}

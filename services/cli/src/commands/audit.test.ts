import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createLogger } from '@kontor/http-api'
import { createKeystoreFile, openKeystoreFile } from '@kontor/keystore'
import { connect, type Database } from '@kontor/postgres'
import { buildVault, createTenant, createVaultKey } from '@kontor/vault'
import test from 'ava'
import pg from 'pg'
import { freshDatabases } from '../../../../test/support/database.ts'
import { commandLine } from '../testing/command-line.ts'
import { exportAudit } from './audit-export.ts'
import { type AuditVerifyOptions, verifyAudit } from './audit-verify.ts'
import type { Command } from './command.ts'

// The whole way: a vault that seals, an auditor who takes copies, and tables and files that somebody changes afterwards.
const folder = mkdtempSync(join(tmpdir(), 'kontor-audit-cli-'))
const file = (name: string) => join(folder, name)
const SINK = file('checkpoints.jsonl')
const KEYS = file('keys.json')
const EVENTS = file('events.jsonl')
const closing: (() => unknown)[] = []
let admin: pg.Pool
let vaultUrl: string
let databaseUrl: string
let auditor: string
let said: string[]

test.before(async () => {
  const databases = await freshDatabases()
  closing.push(() => databases.drop())
  databaseUrl = databases.vaultUrl
  const open = (url: string): Database => {
    const database = connect({ url, max: 4, applicationName: 'audit test' })
    closing.push(() => database.close())
    return database
  }
  const keystore = file('keystore.json')
  const passphrase = 'correct horse battery staple'
  const scrypt = { n: 1024, r: 8, p: 1 }
  await createKeystoreFile(keystore, passphrase, { random: randomBytes, nowMs: Date.now, scrypt })
  writeFileSync(SINK, '')
  const app = await buildVault({
    vault: open(databases.vaultUrl),
    keys: open(databases.keysUrl),
    provider: await openKeystoreFile(keystore, passphrase),
    logger: createLogger('vault', 'silent'),
    keysBackupRetentionDays: 30,
    audit: {
      sealEveryMs: 20,
      sink: {
        read: async ({ restart }) => (readFileSync(SINK, 'utf8') === '' ? restart() : undefined),
        append: async (lines) => appendFileSync(SINK, lines.join('')),
        probe: async () => {},
      },
    },
    processors: { servers: { stripe: '', paypal: { test: '', live: '' } }, timeoutMs: 0 },
    now: () => new Date(),
    monotonicMs: () => performance.now(),
    random: randomBytes,
  } as Parameters<typeof buildVault>[0])
  vaultUrl = await app.listen({ host: '127.0.0.1', port: 0 })
  closing.push(() => app.close())

  const owner = open(databases.vaultMigrationUrl)
  const id = '01890a5d-ac96-774b-bcce-b302099a8057'
  const tenant = await createTenant(owner.knex, { id, slug: 'shop', name: 'Shop' })
  const newKey = async (role: string) => {
    const request = { tenantId: tenant.id, mode: 'test' as const, name: role, role }
    return (await createVaultKey(owner.knex, request, { random: randomBytes, nowMs: Date.now() })).text
  }
  auditor = await newKey('auditor')
  const checkout = await newKey('checkout')
  for (let n = 0; n < 12; n++) await tokenize(checkout)
  writeFileSync(KEYS, await (await ask('/v1/signing-keys')).text())
  await sealed(12)
  const url = new URL(databases.adminUrl)
  url.pathname = new URL(databases.vaultUrl).pathname
  admin = new pg.Pool({ connectionString: url.href, max: 1 })
  admin.on('error', () => undefined)
  closing.push(() => admin.end())
})
test.after.always(async () => {
  for (const close of closing.toReversed()) await close()
  rmSync(folder, { recursive: true })
})

const ask = (path: string) => fetch(`${vaultUrl}${path}`, { headers: { authorization: `Bearer ${auditor}` } })

async function tokenize(key: string): Promise<void> {
  const response = await fetch(`${vaultUrl}/v1/tokens`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      'idempotency-key': randomBytes(8).toString('hex'),
    },
    body: JSON.stringify({
      type: 'card',
      card: { number: '4242424242424242', expiry_month: 12, expiry_year: 2030 },
      holder: { name: 'Ada Muster' },
    }),
  })
  if (response.status !== 201) throw new Error(await response.text())
}

async function sealed(size: number): Promise<void> {
  for (let n = 0; n < 500; n++) {
    const response = await ask('/v1/audit/checkpoints/latest')
    if (response.ok && ((await response.json()) as { size: number }).size >= size) return
    await wait(20)
  }
  throw new Error('nothing is sealed')
}

function command(): Command {
  const line = commandLine({ cwd: folder, required: () => databaseUrl })
  said = line.said
  return line.command
}

const environment = () => ({ VAULT_URL: vaultUrl, VAULT_API_KEY: auditor })
const verify = (options: Partial<AuditVerifyOptions>) =>
  verifyAudit(command(), { events: [], checkpoints: [SINK], publicKey: KEYS, ...options })

test.serial('an export is intact, offline, by the sink and the public key alone', async (t) => {
  t.is(await exportAudit(command(), environment(), { out: EVENTS }), 0)
  t.regex(said.join('\n'), /12 entries written/)
  t.is(await verify({ events: [EVENTS] }), 0)
  t.regex(said.join('\n'), /12 events in \d+ checkpoints? (is|are) intact.*\n.*Nothing is unprotected.*\nIntact\.$/)
  await t.throwsAsync(exportAudit(command(), environment(), { out: EVENTS }), { message: /never replaces a file/ })
})

const lines = () => readFileSync(EVENTS, 'utf8').trim().split('\n')
const changed = (change: (lines: string[]) => string[]): string => {
  const name = file(`changed-${randomBytes(4).toString('hex')}.jsonl`)
  writeFileSync(name, `${change(lines()).join('\n')}\n`)
  return name
}
const renumbered = (list: string[]) => list.map((line, seq) => JSON.stringify({ ...JSON.parse(line), seq }))
const edited = (line: string) => line.replaceAll('token.created', 'token.updated')
const swapped = (list: string[]) => list.with(3, list[8] as string).with(8, list[3] as string)

for (const [because, change, finding] of [
  ['an edit', (list) => list.with(4, edited(list[4] as string)), /edit at seq 4/],
  [
    'an edit of what people read alone',
    (list) => list.with(4, (list[4] as string).replace('token.created', 'x.y')),
    /edit at seq 4/,
  ],
  ['an insertion', (list) => renumbered(list.toSpliced(2, 0, edited(list[2] as string))), /insertion at seq 2/],
  ['a deletion', (list) => renumbered(list.toSpliced(5, 1)), /deletion at seq 5/],
  ['a deletion that nobody hid', (list) => list.toSpliced(5, 1), /deletion at seq 5/],
  ['a reordering', (list) => renumbered(swapped(list)), /reordering at seq 3/],
  ['a truncation', (list) => list.slice(0, 9), /truncation at seq 9/],
] as [string, (list: string[]) => string[], RegExp][]) {
  test.serial(`found in a file: ${because}`, async (t) => {
    t.is(await verify({ events: [changed(change)] }), 1)
    t.regex(said.join('\n'), finding)
    t.is(said.at(-1), 'NOT intact.')
  })
}

test.serial('an empty export is a truncation', async (t) => {
  writeFileSync(file('empty.jsonl'), '')
  t.is(await verify({ events: [file('empty.jsonl')] }), 1)
  t.regex(said.join('\n'), /truncation at seq 0/)
})

test.serial('checkpoints of somebody else’s key prove nothing', async (t) => {
  const { keys } = JSON.parse(readFileSync(KEYS, 'utf8'))
  writeFileSync(file('other.json'), JSON.stringify({ keys: keys.map((key: object) => ({ ...key, kid: 'other' })) }))
  t.is(await verify({ events: [EVENTS], publicKey: file('other.json') }), 1)
  t.regex(said.join('\n'), /signed by a key that is not among those given/)
})

test.serial('the tables are intact, then changed by a superuser, and each change is found', async (t) => {
  t.is(await verify({ database: true, records: true }), 0)
  t.regex(said.join('\n'), /12 events .*intact[\s\S]*12 tokens are as their last events say/)
  await admin.query("update event set purpose = 'other' where id = (select event_id from audit_leaf where seq = 6)")
  t.is(await verify({ database: true }), 1)
  t.regex(said.join('\n'), /edit at seq 6/)
  await admin.query('update event set purpose = null where purpose is not null')
  t.is(await verify({ database: true }), 0)
  await admin.query('update token set version = 0 where id = (select id from token limit 1)')
  t.is(await verify({ records: true, checkpoints: [] }), 1)
  t.regex(said.join('\n'), /tok_\w+: an older row was put back/)
})

for (const [options, sentence] of [
  [{}, /Say what is to be verified/],
  [{ events: [EVENTS], checkpoints: [] }, /--checkpoints is missing/],
  [{ database: true, publicKey: undefined }, /--public-key is missing/],
  [{ events: [file('none.jsonl')] }, /none.jsonl cannot be read/],
  [{ events: [EVENTS], checkpoints: [file('no-sink.jsonl')] }, /no-sink.jsonl cannot be read/],
  [{ events: [EVENTS], publicKey: SINK }, /is not a JWK Set/],
  [{ events: [SINK] }, /Line 1 of the events is not an entry/],
] as [Partial<AuditVerifyOptions>, RegExp][]) {
  test.serial(`verify refuses: ${sentence.source}`, async (t) => {
    await t.throwsAsync(verify(options), { name: 'Sentence', message: sentence })
  })
}

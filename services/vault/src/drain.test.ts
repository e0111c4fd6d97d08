import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createKeystoreFile } from '@kontor/keystore'
import test from 'ava'
import { CARD, newIntent, type TestVault, testVault } from '../test/test-vault.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
const PASSPHRASE = 'correct horse battery staple'
const CALLERS = 24

let vault: TestVault
let folder: string
test.before(async () => {
  vault = await testVault()
  folder = mkdtempSync(join(tmpdir(), 'kontor-drain-'))
})
test.after.always(async () => {
  await vault?.close()
  if (folder) rmSync(folder, { recursive: true })
})

async function start(): Promise<{ child: ChildProcess; port: number; ended: Promise<number | null> }> {
  const keystore = join(folder, 'keystore.json')
  const scrypt = { n: 1024, r: 8, p: 1 }
  await createKeystoreFile(keystore, PASSPHRASE, { random: randomBytes, nowMs: Date.now, scrypt })
  const child = spawn(process.execPath, [MAIN], {
    env: {
      VAULT_DATABASE_URL: vault.databases.vaultUrl,
      KEYS_DATABASE_URL: vault.databases.keysUrl,
      VAULT_LISTEN: '127.0.0.1:0',
      KEYSTORE_FILE: keystore,
      KEYSTORE_PASSPHRASE: PASSPHRASE,
      AUDIT_SINK_FILE: join(folder, 'checkpoints.jsonl'),
      KEYS_BACKUP_RETENTION_DAYS: '30',
      DRAIN_NOTICE_SECONDS: '1',
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const url = await new Promise<string>((resolve, reject) => {
    child.once('message', (message) => resolve((message as { listening: string }).listening))
    child.once('exit', () => reject(new Error('the vault ended before it listened')))
  })
  return { child, port: Number(new URL(url).port), ended }
}

interface Reply {
  readonly status: number
  readonly connection: string | undefined
  readonly body: { readonly id?: string; readonly code?: string }
}

/** Sends a request over a connection that is kept. @throws What `node:http` throws, such as ECONNREFUSED. */
function send(agent: Agent, port: number, path: string, key?: string, body?: object): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const text = body && JSON.stringify(body)
    const sent = request({
      agent,
      port,
      path,
      host: '127.0.0.1',
      method: body ? 'POST' : 'GET',
      headers: {
        ...(key && { authorization: `Bearer ${key}` }),
        ...(text && {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(text),
          'idempotency-key': newIntent(),
        }),
      },
    })
    sent.on('error', reject)
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const { statusCode: status = 0, headers } = response
        resolve({ status, connection: headers.connection, body: JSON.parse(Buffer.concat(chunks).toString()) })
      })
    })
    sent.end(text)
  })
}

test('told to stop under load, it turns unready, answers whatever it has accepted, and each 201 is in the database', async (t) => {
  const { child, port, ended } = await start()
  const key = await vault.newKey({ role: 'checkout' })
  const made: string[] = []
  const refused: string[] = []
  const lost: unknown[] = []
  let closedByAnswer = 0
  let stopping = false

  async function caller(): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (;;) {
      try {
        const { status, connection, body } = await send(agent, port, '/v1/tokens', key, CARD)
        if (status === 201) made.push(String(body.id))
        else refused.push(`${status} ${body.code}`)
        if (connection === 'close') closedByAnswer++
      } catch (error) {
        // Nobody listens any more: that request was not accepted.
        if ((error as { code?: unknown }).code !== 'ECONNREFUSED' || !stopping) lost.push(error)
        agent.destroy()
        return
      }
    }
  }
  const callers = Array.from({ length: CALLERS }, caller)
  const prober = new Agent({ keepAlive: true, maxSockets: 1 })
  t.is((await send(prober, port, '/ready')).status, 200)
  while (made.length < 200) await new Promise((resolve) => setTimeout(resolve, 5))

  stopping = true
  child.kill('SIGTERM')
  let ready = await send(prober, port, '/ready')
  while (ready.status === 200) ready = await send(prober, port, '/ready')
  const madeWhenRed = made.length
  t.is(ready.status, 503)
  t.is(ready.body.code, 'draining')
  await Promise.all(callers)
  prober.destroy()

  t.is(await ended, 0)
  t.deepEqual(lost, [])
  t.deepEqual(refused, [])
  t.true(made.length > madeWhenRed, 'what arrived after readiness turned red was done')
  t.true(closedByAnswer >= CALLERS, 'every connection was ended by an answer')
  const { rows } = await vault.vaultAdmin.query<{ count: string }>('select count(*) from token')
  t.is(new Set(made).size, made.length)
  t.is(Number(rows[0]?.count), made.length, 'nothing was written for which nobody got an answer')
})

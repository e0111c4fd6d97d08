import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createKeystoreFile, type KeyProvider, openKeystoreFile } from '@kontor/keystore'
import test from 'ava'
import { custodianOf } from '../../test/custodian.ts'
import { CARD, newAccountId, newIntent, type TestVault, testVault, tokenize } from '../../test/test-vault.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const PASSPHRASE = 'correct horse battery staple'
const NUMBER = '4242424242424242'

// Real processes over one keystore, because a process that is killed takes with it whatever it had only in memory.
let vault: TestVault
let provider: KeyProvider
let folder: string
test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'kontor-key-jobs-'))
  const file = join(folder, 'keystore.json')
  await createKeystoreFile(file, PASSPHRASE, { random: randomBytes, nowMs: Date.now, scrypt: { n: 1024, r: 8, p: 1 } })
  provider = await openKeystoreFile(file, PASSPHRASE)
  vault = await testVault()
})
test.after.always(async () => {
  await vault?.close()
  if (folder) rmSync(folder, { recursive: true })
})

interface Process {
  readonly child: ChildProcess
  readonly url: string
  end(signal: NodeJS.Signals): Promise<void>
}

/** A vault of its own that does jobs at a pace. */
async function started(t: { teardown(end: () => Promise<void>): void }, rowsPerSecond: number): Promise<Process> {
  const child = spawn(process.execPath, [MAIN], {
    env: {
      VAULT_DATABASE_URL: vault.databases.vaultUrl,
      KEYS_DATABASE_URL: vault.databases.keysUrl,
      VAULT_LISTEN: '127.0.0.1:0',
      KEYSTORE_FILE: join(folder, 'keystore.json'),
      KEYSTORE_PASSPHRASE: PASSPHRASE,
      KEYS_BACKUP_RETENTION_DAYS: '30',
      AUDIT_SINK_FILE: join(folder, `audit-${randomBytes(4).toString('hex')}`),
      KEY_JOB_ROWS_PER_SECOND: String(rowsPerSecond),
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  async function end(signal: NodeJS.Signals): Promise<void> {
    child.kill(signal)
    await exited
  }
  t.teardown(() => end('SIGKILL'))
  const ended = exited.then(() => Promise.reject(new Error('it ended instead of listening')))
  const [message] = await Promise.race([once(child, 'message'), ended])
  return { child, url: (message as { listening: string }).listening, end }
}

/** Calls a process over HTTP. */
async function over(url: string, key: string, path: string, body?: object) {
  const init = body && {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': newIntent() },
    body: JSON.stringify(body),
  }
  const response = await fetch(`${url}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${key}`, ...init?.headers },
  })
  // biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer holds.
  return { status: response.status, json: (await response.json()) as any }
}

for (const kind of ['rewrap', 'reseal'] as const) {
  test.serial(`a vault that is killed in a ${kind} loses nothing, and another one goes on with it`, async (t) => {
    const it = await custodianOf(vault, `killed-${kind}`)
    const app = await vault.newApp({ provider })
    const account_id = newAccountId()
    const ids: string[] = []
    for (let n = 0; n < 60; n++) {
      const answer = await tokenize(app, it.clerk, n % 3 === 0 ? { ...CARD, account_id } : CARD)
      ids.push(answer.json().id)
    }
    // Slow enough that the job lasts for seconds after its third row, however late this process comes to kill it.
    const first = await started(t, 8)
    if (kind === 'rewrap') t.is((await over(first.url, it.key, '/v1/keys/rotate', {})).status, 201)
    const { id } = (await over(first.url, it.key, '/v1/key-jobs', { kind })).json
    const seen = async () => (await it.get(`/v1/key-jobs/${id}`)).json()
    while ((await seen()).done < 3) await pause(20)
    await first.end('SIGKILL')
    const cut = await seen()
    t.is(cut.state, 'running')
    t.true(cut.done < cut.total)
    const between = await vault.newApp({ provider })
    for (const token of ids) t.is(await it.number(token, between), NUMBER)

    // The lease of the dead process would end by itself; nobody waits for it here.
    await vault.keysAdmin.query('update key_job set lease_until = now()')
    const second = await started(t, 2_000)
    while ((await seen()).state === 'running') await pause(20)
    t.like(await seen(), { state: 'done', failures: 0 })
    await second.end('SIGTERM')
    const fresh = await vault.newApp({ provider })
    for (const app of [between, fresh]) for (const token of ids) t.is(await it.number(token, app), NUMBER)
    const { rows } = await vault.keysAdmin.query(
      'select count(*)::int as all, count(*) filter (where version = 2)::int as new, count(*) filter (where kek_version = 2)::int as under_new from dek where tenant_id = $1',
      [it.tenantId],
    )
    t.deepEqual(rows, [kind === 'rewrap' ? { all: 41, new: 0, under_new: 41 } : { all: 41, new: 41, under_new: 0 }])
  })
}

test.serial(
  'while keys are rotated and re-wrapped, two processes tokenize and reveal, and nothing fails',
  async (t) => {
    const it = await custodianOf(vault, 'under-load')
    const processes = [await started(t, 500), await started(t, 500)]
    const account_id = newAccountId()
    let busy = true
    let newest = 1
    const outcomes = new Set<string>()
    const made: { readonly id: string; readonly atLeast: number }[] = []

    async function client(url: string): Promise<void> {
      for (let n = 0; busy; n++) {
        const atLeast = newest
        const { status, json } = await over(url, it.clerk, '/v1/tokens', n % 4 === 0 ? { ...CARD, account_id } : CARD)
        outcomes.add(`tokenize ${status}`)
        if (n % 4 !== 0) made.push({ id: json.id, atLeast })
        for (const base of processes.map((process) => process.url)) {
          const revealed = await over(base, it.clerk, `/v1/tokens/${json.id}/reveal`, {
            fields: ['number'],
            purpose: 'charge',
          })
          outcomes.add(`reveal ${revealed.status} ${revealed.json.card?.number}`)
        }
      }
    }

    const clients = processes.flatMap(({ url }) => [client(url), client(url)])
    for (let round = 0; round < 4; round++) {
      const url = processes[round % 2]?.url ?? ''
      const rotated = await over(url, it.key, '/v1/keys/rotate', {})
      t.is(rotated.status, 201)
      newest = rotated.json.version
      const { id } = (await over(url, it.key, '/v1/key-jobs', { kind: round === 2 ? 'reseal' : 'rewrap' })).json
      while ((await over(url, it.key, `/v1/key-jobs/${id}`)).json.finished_at === null) await pause(50)
    }
    busy = false
    await Promise.all(clients)
    t.deepEqual([...outcomes].sort(), [`reveal 200 ${NUMBER}`, 'tokenize 201'])

    // Whoever asked after a rotation was answered got a key under the new version or, re-wrapped since, a newer one.
    const { rows } = await vault.keysAdmin.query('select subject_id, kek_version from dek where tenant_id = $1', [
      it.tenantId,
    ])
    const versions = new Map(rows.map((row) => [row.subject_id, row.kek_version]))
    t.true(made.length > 20)
    const { rows: tokens } = await vault.vaultAdmin.query(
      'select count(*)::int as count from token where tenant_id = $1',
      [it.tenantId],
    )
    t.true(tokens[0].count >= made.length)
    t.true([...versions.values()].every((version) => version >= 4))
    const before = newest
    for (const { url } of processes) {
      const rotated = (await over(url, it.key, '/v1/keys/rotate', {})).json.version
      t.true(rotated > before)
      const answers = await Promise.all(processes.map((process) => over(process.url, it.clerk, '/v1/tokens', CARD)))
      const { rows: latest } = await vault.keysAdmin.query(
        'select kek_version from dek where tenant_id = $1 order by created_at desc limit 2',
        [it.tenantId],
      )
      t.deepEqual(
        answers.map((answer) => answer.status),
        [201, 201],
      )
      t.deepEqual(latest, [{ kek_version: rotated }, { kek_version: rotated }])
    }
    for (const process of processes) await process.end('SIGTERM')
  },
)

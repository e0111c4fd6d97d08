import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeystoreFile, openKeystoreFile } from '@kontor/keystore'
import test, { type ExecutionContext } from 'ava'
import { freshDatabases } from '../../../test/support/database.ts'
import { buildProgram } from './program.ts'

/** A vault that gives one answer after the other, and remembers what it was asked. */
async function fakeVault(t: ExecutionContext, ...answers: readonly [status: number, body: object][]) {
  const left = [...answers]
  const asked: { line: string; key: string | undefined; intent: unknown; body: string }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      const { method, url, headers } = request
      asked.push({ line: `${method} ${url}`, key: headers.authorization, intent: headers['idempotency-key'], body })
      const [status, answer] = left.shift() ?? [500, {}]
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { asked, env: { VAULT_URL: url, VAULT_API_KEY: 'kv_x' } }
}

// Each command listens for the signals that end it, and the process of a test lives on after many of them.
process.setMaxListeners(50)

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const printed = { out: '', err: '', code: -1 }
  const program = buildProgram({
    env,
    cwd: tmpdir(),
    out: { write: (text: string) => (printed.out += text) },
    err: { write: (text: string) => (printed.err += text) },
    version: '0',
    onExitCode: (code) => {
      printed.code = code
    },
  })
  await program.parseAsync(['node', 'kontor', 'keys', ...args])
  return printed
}

const version = (number: number, state: string) => ({
  version: number,
  state,
  root_kid: 'root-1',
  deks: 3,
  wraps_secret: number === 1,
  created_at: '2026-11-23T10:00:00.000Z',
  destroyed_at: state === 'destroyed' ? '2026-11-24T10:00:00.000Z' : null,
})
const job = (state: string, done: number) => ({
  id: 'job_1',
  kind: 'rewrap',
  state,
  done,
  total: 5,
  failures: 0,
  rate: 2,
  eta_seconds: state === 'running' ? 2 : null,
  created_at: '2026-11-23T10:00:00.000Z',
})
const problem = (status: number, code: string, more: object = {}): [number, object] => [
  status,
  { type: `urn:kontor:problem:${code}`, title: 'Refused', status, code, ...more },
]

test('every version is listed, over all pages', async (t) => {
  const { asked, env } = await fakeVault(
    t,
    [200, { data: [version(2, 'current')], next_after: 2 }],
    [200, { data: [version(1, 'destroyed')], next_after: null }],
  )
  const { out, code } = await run(['list'], env)
  t.is(code, 0)
  t.deepEqual(
    asked.map(({ line }) => line),
    ['GET /v1/keys?limit=200', 'GET /v1/keys?limit=200&after=2'],
  )
  t.regex(out, /version 2 {2}current .* wraps 3 data keys {2}under root-1/)
  t.regex(out, /version 1 {2}destroyed 2026-11-24T10:00:00.000Z .* wraps 3 data keys and the secret/)
})

test('a rotation is asked for with the key and an intent of its own', async (t) => {
  const { asked, env } = await fakeVault(t, [201, version(4, 'current')])
  const { out, code } = await run(['rotate', '--json'], env)
  t.is(code, 0)
  t.is(JSON.parse(out).version, 4)
  t.like(asked, { 0: { line: 'POST /v1/keys/rotate', key: 'Bearer kv_x' }, length: 1 })
  t.regex(String(asked[0]?.intent), /^[0-9a-f-]{36}$/)
})

test('a job is started, and followed to its end if that is wanted', async (t) => {
  const starting = await fakeVault(t, [202, job('waiting', 0)])
  t.regex((await run(['reseal'], starting.env)).out, /The job job_1 is under way/)
  t.is(starting.asked[0]?.body, '{"kind":"reseal"}')
  const waiting = await fakeVault(t, [202, job('waiting', 0)], [200, job('running', 2)], [200, job('done', 5)])
  const followed = await run(['rewrap', '--wait'], waiting.env)
  t.is(followed.code, 0)
  t.regex(followed.out, /The job job_1 has ended: done: 5 of 5\./)
  const failing = await fakeVault(t, [202, { ...job('failed', 4), failures: 1 }])
  const failed = await run(['rewrap', '--wait'], failing.env)
  t.is(failed.code, 1)
  t.regex(failed.out, /the data of 1 customers does not open/)
})

test('the status shows the jobs, with pace and what is left', async (t) => {
  const { env } = await fakeVault(t, [200, { data: [job('running', 2)], next_after: null }])
  t.regex((await run(['status'], env)).out, /rewrap {2}running: 2 of 5, 2 a second, about 2 s to go\./)
  const none = await fakeVault(t, [200, { data: [], next_after: null }])
  t.regex((await run(['status'], none.env)).out, /There was no job yet/)
})

test('a destruction prints its certificate', async (t) => {
  const { asked, env } = await fakeVault(t, [200, { ...version(1, 'destroyed'), certificate: 'a.b.c' }])
  const { out, code } = await run(['destroy', '1'], env)
  t.is(code, 0)
  t.is(asked[0]?.line, 'POST /v1/keys/1/destroy')
  t.true(out.endsWith('a.b.c\n'))
})

const refusals: [args: string[], answer: [number, object], because: RegExp][] = [
  [['destroy', '1'], problem(409, 'key_in_use', { deks: 7, secret: true }), /still wraps 7 data keys and the secret/],
  [['destroy', '2'], problem(409, 'key_is_current'), /current version is never destroyed/],
  [['destroy', '9'], problem(404, 'not_found'), /no such version/],
  [['rewrap'], problem(409, 'key_job_running', { job: 'job_1' }), /under way already/],
]
for (const [args, answer, because] of refusals) {
  test(`${args.join(' ')} says in a sentence why not: ${because.source}`, async (t) => {
    const { env } = await fakeVault(t, answer)
    const error = await t.throwsAsync(run(args, env), { name: 'Sentence', message: because })
    t.regex(error?.message ?? '', /^[A-Z].*[.]$/)
  })
}

const misused: [args: string[], env: Record<string, string>, because: RegExp][] = [
  [['destroy'], {}, /either a VERSION or --root KID/],
  [['destroy', '1', '--root', 'x'], {}, /either a VERSION or --root KID/],
  [['destroy', 'first'], {}, /a number like 3/],
  [['list'], {}, /VAULT_URL is not set/],
  [['list', '--root'], {}, /KEYS_MIGRATION_URL is not set/],
  [['list', '--root'], { KEYS_MIGRATION_URL: 'postgresql://a:b@127.0.0.1:1/c' }, /KEYSTORE_FILE is not set/],
]
for (const [args, env, because] of misused) {
  test(`keys ${args.join(' ')} with ${JSON.stringify(Object.keys(env))}: ${because.source}`, async (t) => {
    await t.throwsAsync(run(args, env), { name: 'Sentence', message: because })
  })
}

/** A host with a keystore and a database of keys. */
async function host(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-keys-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'keystore.json')
  const passphrase = 'correct horse battery staple'
  await createKeystoreFile(file, passphrase, {
    random: randomBytes,
    nowMs: Date.now,
    scrypt: { n: 1024, r: 8, p: 1 },
  })
  const { keysMigrationUrl } = await freshDatabases(t)
  return {
    provider: await openKeystoreFile(file, passphrase),
    env: { KEYS_MIGRATION_URL: keysMigrationUrl, KEYSTORE_FILE: file, KEYSTORE_PASSPHRASE: passphrase },
  }
}

test('root keys are listed, rotated and destroyed on the host', async (t) => {
  const { provider, env } = await host(t)
  const former = await provider.currentKid()
  const rotated = JSON.parse((await run(['rotate', '--root', '--json'], env)).out)
  t.is(rotated.kid, await provider.currentKid())
  t.regex((await run(['rewrap', '--root'], env)).out, /Nothing to do/)
  const { data } = JSON.parse((await run(['list', '--root', '--json'], env)).out)
  t.like(data, [
    { kid: rotated.kid, state: 'current', tenant_keks: 0 },
    { kid: former, state: 'retired', tenant_keks: 0 },
  ])
  const destroyed = await run(['destroy', '--root', former], env)
  t.regex(destroyed.out, /is destroyed[\s\S]*\n[\w-]+\.[\w-]+\.[\w-]+\n$/)
  t.is((await provider.kids()).length, 1)
  await t.throwsAsync(run(['destroy', '--root', rotated.kid], env), { name: 'Sentence', message: /in|current/ })
  await t.throwsAsync(run(['destroy', '--root', 'unknown'], env), { name: 'Sentence', message: /does not hold/ })
})

test('a wrong passphrase is a sentence that names the keystore and repeats no secret', async (t) => {
  const { env } = await host(t)
  const wrong = { ...env, KEYSTORE_PASSPHRASE: 'wrong horse battery' }
  const error = await t.throwsAsync(run(['rotate', '--root'], wrong), { name: 'Sentence' })
  t.is(error?.message, `The keystore ${env.KEYSTORE_FILE} does not open with this passphrase.`)
})

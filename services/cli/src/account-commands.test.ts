import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateSigningKey, signCompact } from '@kontor/jose-box'
import test, { type ExecutionContext } from 'ava'
import { buildProgram } from './program.ts'

const ACCOUNT = 'acc_01m84vfhj0ekf9mqjmcb852kth'

interface Asked {
  readonly line: string
  readonly authorization: string | undefined
  readonly body: string
}

/** A vault that answers what it is told to, and remembers what it was asked. */
async function fakeVault(t: ExecutionContext, status: number, answer?: object) {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text
    })
    request.on('end', () => {
      asked.push({ line: `${request.method} ${request.url}`, authorization: request.headers.authorization, body })
      response.writeHead(status, { 'content-type': 'application/json' }).end(answer && JSON.stringify(answer))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
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
  await program.parseAsync(['node', 'kontor', ...args])
  return printed
}

function folder(t: ExecutionContext): string {
  const made = mkdtempSync(join(tmpdir(), 'kontor-account-'))
  t.teardown(() => rmSync(made, { recursive: true }))
  return made
}

test('an erasure is asked for with the key, and its receipt is printed', async (t) => {
  const erased = { account_id: ACCOUNT, erased_at: 'then', final_at: 'later', tokens_destroyed: 2, receipt: 'a.b.c' }
  const { asked, url } = await fakeVault(t, 200, erased)
  const { out, code } = await run(['account', 'erase', ACCOUNT], { VAULT_URL: url, VAULT_API_KEY: 'kv_x' })
  t.is(code, 0)
  t.deepEqual(asked, [{ line: `DELETE /v1/accounts/${ACCOUNT}/data`, authorization: 'Bearer kv_x', body: '' }])
  t.regex(out, /2 tokens were destroyed/)
  t.true(out.endsWith('a.b.c\n'))
})

test('a hold is placed and released, with a key out of a file', async (t) => {
  const file = join(folder(t), 'key')
  writeFileSync(file, 'kv_file\n', { mode: 0o600 })
  const placing = await fakeVault(t, 200, { account_id: ACCOUNT, reason: 'tax_audit', until: null })
  const placed = await run(['account', 'hold', ACCOUNT, '--reason', 'tax_audit', '--until', '2027-01-31T00:00:00Z'], {
    VAULT_URL: placing.url,
    VAULT_API_KEY_FILE: file,
  })
  t.is(placed.code, 0)
  const body = '{"reason":"tax_audit","until":"2027-01-31T00:00:00Z"}'
  t.deepEqual(placing.asked, [{ line: `PUT /v1/accounts/${ACCOUNT}/hold`, authorization: 'Bearer kv_file', body }])
  const releasing = await fakeVault(t, 204)
  const released = await run(['account', 'release', ACCOUNT, '--json'], {
    VAULT_URL: releasing.url,
    VAULT_API_KEY_FILE: file,
  })
  t.deepEqual(JSON.parse(released.out), { account_id: ACCOUNT, released: true })
  t.is(releasing.asked[0]?.line, `DELETE /v1/accounts/${ACCOUNT}/hold`)
})

test('a refusal of the vault is a failure that names its code', async (t) => {
  const { url } = await fakeVault(t, 423, { status: 423, code: 'legal_hold', title: 'A legal hold keeps the data' })
  const error = await t.throwsAsync(run(['account', 'erase', ACCOUNT], { VAULT_URL: url, VAULT_API_KEY: 'kv_x' }))
  t.is((error as Error & { problem: { code: string } }).problem.code, 'legal_hold')
})

const refuses = test.macro<[args: readonly string[], env: Readonly<Record<string, string>>, sentence: RegExp]>({
  exec: async (t, args, env, sentence) => {
    await t.throwsAsync(run(args, env), { name: 'Sentence', message: sentence })
  },
  title: (_given, args, _env, sentence) => `${args.join(' ')} is refused: ${sentence.source}`,
})
const access = { VAULT_URL: 'http://127.0.0.1:9', VAULT_API_KEY: 'kv_x' }
test(refuses, ['account', 'erase', ACCOUNT], {}, /VAULT_URL is not set/)
test(refuses, ['account', 'erase', ACCOUNT], { VAULT_URL: 'vault' }, /is not a URL/)
test(refuses, ['account', 'erase', ACCOUNT], { VAULT_URL: 'http://a' }, /role privacy/)
test(refuses, ['account', 'erase', ACCOUNT], { ...access, VAULT_API_KEY_FILE: 'x' }, /not both/)
test(refuses, ['account', 'erase', ACCOUNT], { VAULT_URL: 'http://a', VAULT_API_KEY_FILE: 'none' }, /cannot be read/)
test(refuses, ['account', 'erase', 'ada@example.com'], access, /^An account is named by its id, acc_…\.$/)
test(refuses, ['account', 'hold', ACCOUNT, '--reason', 'The customer'], access, /is a code/)
test(refuses, ['account', 'hold', ACCOUNT, '--reason', 'a', '--until', 'tomorrow'], access, /is an instant in UTC/)
test(refuses, ['receipt', 'verify', 'none', '--public-key', 'none'], {}, /cannot be read/)

test('a receipt is verified offline: the answer of the vault or the receipt alone, and no other', async (t) => {
  const [mine, theirs] = [await generateSigningKey(), await generateSigningKey()]
  const home = folder(t)
  const write = (name: string, text: string) => {
    writeFileSync(join(home, name), text)
    return join(home, name)
  }
  const { d: _, ...published } = mine
  const keys = write('keys.json', JSON.stringify({ keys: [published] }))
  const payload = { account_id: ACCOUNT, tokens_destroyed: 2 }
  const receipt = await signCompact('kontor-erasure+jwt', payload, mine)
  for (const file of [write('alone', `${receipt}\n`), write('answer.json', JSON.stringify({ receipt }))]) {
    const { out, code } = await run(['receipt', 'verify', file, '--public-key', keys, '--json'])
    t.deepEqual([code, JSON.parse(out)], [0, { genuine: true, ...payload }])
  }
  for (const [name, text] of [
    ['forged', await signCompact('kontor-erasure+jwt', payload, theirs)],
    ['checkpoint', await signCompact('kontor-checkpoint+jwt', payload, mine)],
    ['cut', receipt.slice(0, -4)],
  ] as const) {
    await t.throwsAsync(
      run(['receipt', 'verify', write(name, text), '--public-key', keys]),
      { message: /not genuine/ },
      name,
    )
  }
  await t.throwsAsync(run(['receipt', 'verify', write('empty.json', '{}'), '--public-key', keys]), {
    message: /holds no receipt/,
  })
})

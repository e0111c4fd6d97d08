import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createKeystoreFile } from '@kontor/keystore'
import test from 'ava'
import { CARD, newIntent, type TestVault, testVault } from '../test/test-vault.ts'

const MAIN = fileURLToPath(new URL('./main.ts', import.meta.url))
const PASSPHRASE = 'correct horse battery staple'

// One after the other: each starts a process, and a build machine has two cores.
let vault: TestVault
let folder: string
let environment: Record<string, string>

test.before(async () => {
  vault = await testVault()
  folder = mkdtempSync(join(tmpdir(), 'kontor-vault-'))
  const keystore = join(folder, 'keystore.json')
  await createKeystoreFile(keystore, PASSPHRASE, {
    random: randomBytes,
    nowMs: Date.now,
    scrypt: { n: 1024, r: 8, p: 1 },
  })
  environment = {
    VAULT_DATABASE_URL: vault.databases.vaultUrl,
    KEYS_DATABASE_URL: vault.databases.keysUrl,
    VAULT_LISTEN: '127.0.0.1:0',
    KEYSTORE_FILE: keystore,
    AUDIT_SINK_FILE: join(folder, 'checkpoints.jsonl'),
    KEYSTORE_PASSPHRASE: PASSPHRASE,
    KEYS_BACKUP_RETENTION_DAYS: '30',
  }
})
test.after.always(async () => {
  await vault?.close()
  if (folder) rmSync(folder, { recursive: true })
})

/** Starts the service as the launcher does, or without a channel as an operator would. */
function start(change: Record<string, string | undefined> = {}, channel: 'ipc' | 'ignore' = 'ipc') {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...environment, ...change },
    stdio: ['ignore', 'pipe', 'pipe', channel],
  })
  const output = { out: '', err: '' }
  child.stdout?.on('data', (chunk) => (output.out += chunk))
  child.stderr?.on('data', (chunk) => (output.err += chunk))
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  return { child, output, ended }
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve((message as { listening: string }).listening))
    child.once('close', () => reject(new Error('it ended')))
  })
}

test.serial('it listens, says where, does its work, and ends with 0 on SIGTERM', async (t) => {
  const { child, output, ended } = start()
  const url = await listening(child)
  t.regex(url, /^http:\/\/127\.0\.0\.1:\d+$/)
  t.is((await fetch(`${url}/ready`)).status, 200)
  const response = await fetch(`${url}/v1/tokens`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await vault.newKey({})}`,
      'content-type': 'application/json',
      'idempotency-key': newIntent(),
    },
    body: JSON.stringify(CARD),
  })
  t.is(response.status, 201)
  t.regex(await (await fetch(`${url}/docs`)).text(), /swagger/i)
  child.kill('SIGTERM')
  t.is(await ended, 0)
  const lines = output.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.true(lines.some((line) => line.event === 'listening' && line.url === url))
  t.is(output.err, '')
})

test.serial('it ends when its launcher is gone', async (t) => {
  const { child } = start()
  await listening(child)
  // `close` does not come once the channel was closed from this side.
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.disconnect()
  t.is(await exited, 0)
})

test.serial('it ends too when its launcher goes while it starts', async (t) => {
  const { child } = start()
  const exited = new Promise((resolve) => child.once('exit', resolve))
  child.disconnect()
  t.is(await exited, 0)
})

test.serial('without a channel it says in its log where it listens', async (t) => {
  const { child, output, ended } = start({}, 'ignore')
  while (!output.out.includes('listening')) await new Promise((resolve) => child.stdout?.once('data', resolve))
  child.kill('SIGINT')
  t.is(await ended, 0)
})

const refuses = test.macro<[change: Record<string, string | undefined>, sentence: RegExp]>({
  exec: async (t, change, sentence) => {
    const { output, ended } = start(change, 'ignore')
    t.is(await ended, 1)
    t.regex(output.err, sentence)
    t.is(output.err.trim().split('\n').length, 1)
    t.false(output.err.includes(PASSPHRASE))
  },
  title: (_given, _change, sentence) => `it refuses to start: ${sentence.source}`,
})

test.serial(refuses, { KEYSTORE_PASSPHRASE: 'wrong horse battery' }, /does not open with this passphrase/)
test.serial(refuses, { KEYSTORE_FILE: '/nonexistent/keystore.json' }, /There is no keystore/)
test.serial(refuses, { KEYSTORE_FILE: `${MAIN}/keystore.json` }, /The keystore .* cannot be read \(ENOTDIR\)/)
test.serial(refuses, { AUDIT_SINK_FILE: undefined }, /AUDIT_SINK_FILE is not set/)
test.serial(refuses, { KEYS_DATABASE_URL: undefined }, /KEYS_DATABASE_URL is not set/)

test.serial('it refuses to start on a port that is taken', async (t) => {
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
  const { port } = other.address() as { port: number }
  const { output, ended } = start({ VAULT_LISTEN: `127.0.0.1:${port}` }, 'ignore')
  t.is(await ended, 1)
  t.regex(output.err, /The port of VAULT_LISTEN is taken/)
  other.close()
})

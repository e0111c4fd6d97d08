import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { type Config, InvalidConfig, readConfig } from './config.ts'

const WHOLE = {
  VAULT_DATABASE_URL: 'postgresql://service:hunter2@db/kontor_vault',
  KEYS_DATABASE_URL: 'postgres://service:hunter2@db/kontor_keys',
  KEYSTORE_FILE: '/etc/kontor/keystore.json',
  AUDIT_SINK_FILE: '/var/log/kontor/checkpoints.jsonl',
  KEYSTORE_PASSPHRASE: 'correct horse',
  KEYS_BACKUP_RETENTION_DAYS: '30',
}

test('a whole environment is read, and what is no secret has a default', (t) => {
  const config = readConfig(WHOLE)
  t.deepEqual(config.listen, { host: '127.0.0.1', port: 7701 })
  t.is(config.logLevel, 'info')
  t.is(config.keyJobRowsPerSecond, 200)
  t.is(config.processorServers.stripe, 'https://api.stripe.com')
  const mock = readConfig({ ...WHOLE, STRIPE_BASE_URL: 'http://127.0.0.1:1', PAYPAL_BASE_URL: 'https://mock' })
  t.deepEqual(mock.processorServers, {
    stripe: 'http://127.0.0.1:1',
    paypal: { test: 'https://mock', live: 'https://mock' },
  })
  t.like(config.keyProvider, { kind: 'keystore', file: '/etc/kontor/keystore.json' })
  t.is(passphraseOf(config), 'correct horse')
  t.false(JSON.stringify(config).includes('correct horse'))
})

function passphraseOf({ keyProvider }: Config): string | undefined {
  return keyProvider.kind === 'keystore' ? keyProvider.passphrase.reveal() : undefined
}

const TRANSIT = {
  ...WHOLE,
  KEYSTORE_FILE: undefined,
  KEYSTORE_PASSPHRASE: undefined,
  KEY_PROVIDER: 'transit',
  TRANSIT_ADDR: 'https://openbao.example:8200',
  TRANSIT_KEY: 'kontor',
  TRANSIT_TOKEN: 's.hunter2',
}

test('a transit engine is reached as the environment says', async (t) => {
  const { keyProvider } = readConfig({ ...TRANSIT, TRANSIT_NAMESPACE: 'ns1', TRANSIT_MOUNT: 'team/transit' })
  if (keyProvider.kind !== 'transit') return t.fail()
  const { readToken, ...options } = keyProvider.options
  t.deepEqual(options, {
    address: 'https://openbao.example:8200',
    key: 'kontor',
    namespace: 'ns1',
    mount: 'team/transit',
  })
  t.is(await readToken(), 's.hunter2')
  t.false(JSON.stringify(keyProvider).includes('hunter2'))
})

test('a token file is read each time, because an agent renews it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-config-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'token')
  writeFileSync(file, 'first\n', { mode: 0o600 })
  const { keyProvider } = readConfig({ ...TRANSIT, TRANSIT_TOKEN: undefined, TRANSIT_TOKEN_FILE: file })
  if (keyProvider.kind !== 'transit') return t.fail()
  t.is(await keyProvider.options.readToken(), 'first')
  writeFileSync(file, 'second\n')
  t.is(await keyProvider.options.readToken(), 'second')
})

const refuses = test.macro({
  exec: (t, change: Record<string, string | undefined>, because: RegExp) => {
    const error = t.throws(() => readConfig({ ...WHOLE, ...change }), { instanceOf: InvalidConfig, message: because })
    t.regex(error.message, /^[A-Z].*\.$/)
    t.false(error.message.includes('hunter2'))
  },
  title: (_given, change) => `refuses to start with ${JSON.stringify(change, (_, value) => value ?? null)}`,
})

test(refuses, { STRIPE_BASE_URL: 'http://hunter2.example' }, /STRIPE_BASE_URL is not a URL/)
test(refuses, { PAYPAL_BASE_URL: 'hunter2' }, /PAYPAL_BASE_URL is not a URL/)
test(refuses, { AUDIT_SINK_FILE: undefined }, /AUDIT_SINK_FILE is not set/)
test(refuses, { VAULT_DATABASE_URL: undefined }, /VAULT_DATABASE_URL is not set/)
test(refuses, { KEYS_DATABASE_URL: '' }, /KEYS_DATABASE_URL is not set/)
test(refuses, { KEYS_DATABASE_URL: 'mysql://a:hunter2@b/c' }, /KEYS_DATABASE_URL is not a URL/)
test(refuses, { KEYSTORE_FILE: undefined }, /KEYSTORE_FILE is not set/)
test(refuses, { KEYSTORE_PASSPHRASE: undefined }, /Neither/)
test(refuses, { KEYSTORE_PASSPHRASE_FILE: '/x' }, /not both/)
test(refuses, { KEYSTORE_PASSPHRASE: undefined, KEYSTORE_PASSPHRASE_FILE: '/nonexistent' }, /cannot be read/)
test(refuses, { VAULT_LISTEN: '7701' }, /VAULT_LISTEN/)
test(refuses, { KEY_JOB_ROWS_PER_SECOND: '0' }, /KEY_JOB_ROWS_PER_SECOND is not a number/)
test(refuses, { KEY_PROVIDER: 'floppy' }, /KEY_PROVIDER is not one of keystore, transit/)
test(refuses, { ...TRANSIT, TRANSIT_ADDR: undefined }, /TRANSIT_ADDR is not set/)
test(refuses, { ...TRANSIT, TRANSIT_KEY: undefined }, /TRANSIT_KEY is not set/)
test(refuses, { ...TRANSIT, TRANSIT_TOKEN: undefined }, /Neither TRANSIT_TOKEN nor TRANSIT_TOKEN_FILE/)
test(refuses, { ...TRANSIT, TRANSIT_TOKEN_FILE: '/x' }, /not both/)
test(refuses, { ...TRANSIT, TRANSIT_TOKEN: undefined, TRANSIT_TOKEN_FILE: '/nonexistent' }, /cannot be read/)
test(refuses, { ...TRANSIT, TRANSIT_ADDR: 'http://openbao.example' }, /over https/)
test(refuses, { ...TRANSIT, TRANSIT_KEY: '../x' }, /name of the transit key/)
test(refuses, { ...TRANSIT, TRANSIT_MOUNT: '/' }, /mount/)
test(refuses, { VAULT_LISTEN: 'localhost:99999' }, /VAULT_LISTEN/)
test(refuses, { LOG_LEVEL: 'loud' }, /LOG_LEVEL/)
test(refuses, { KEYS_BACKUP_RETENTION_DAYS: undefined }, /KEYS_BACKUP_RETENTION_DAYS is not set/)
test(refuses, { KEYS_BACKUP_RETENTION_DAYS: 'a month' }, /KEYS_BACKUP_RETENTION_DAYS is not a number of days/)

test('an address may be a name, IPv4 or IPv6, and port 0 asks for a free one', (t) => {
  const listen = (text: string) => readConfig({ ...WHOLE, VAULT_LISTEN: text }).listen
  t.deepEqual(listen('0.0.0.0:8443'), { host: '0.0.0.0', port: 8443 })
  t.deepEqual(listen('[::1]:0'), { host: '::1', port: 0 })
  t.deepEqual(listen('vault.internal:80'), { host: 'vault.internal', port: 80 })
})

test('a passphrase file is read without its last line feed, and only if nobody else may read it', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-config-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const read = (text: string, mode: number) => {
    const file = join(folder, `${mode}-${text.length}`)
    writeFileSync(file, text, { mode })
    return readConfig({ ...WHOLE, KEYSTORE_PASSPHRASE: undefined, KEYSTORE_PASSPHRASE_FILE: file })
  }
  t.is(passphraseOf(read('correct horse \n', 0o600)), 'correct horse ')
  t.throws(() => read('\n', 0o600), { message: /is empty/ })
  if (process.platform !== 'win32') t.throws(() => read('secret', 0o640), { message: /mode 0600/ })
})

test('proxies are trusted only where they are named, and readiness turns red before the listener closes if so wished', (t) => {
  t.like(readConfig(WHOLE), { trustedProxies: [], drainNoticeMs: 0 })
  const told = readConfig({ ...WHOLE, TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8::1', DRAIN_NOTICE_SECONDS: '5' })
  t.like(told, { trustedProxies: ['10.0.0.0/8', '2001:db8::1'], drainNoticeMs: 5_000 })
  for (const change of [
    { TRUSTED_PROXIES: 'true' },
    { TRUSTED_PROXIES: '10.0.0.0/40' },
    { DRAIN_NOTICE_SECONDS: '-1' },
    { DRAIN_NOTICE_SECONDS: '1.5' },
  ]) {
    t.throws(() => readConfig({ ...WHOLE, ...change }), { instanceOf: InvalidConfig })
  }
})

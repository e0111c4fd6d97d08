import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { InvalidConfig, readConfig } from './config.ts'

const WHOLE = {
  VAULT_DATABASE_URL: 'postgresql://service:hunter2@db/kontor_vault',
  KEYS_DATABASE_URL: 'postgres://service:hunter2@db/kontor_keys',
  KEYSTORE_FILE: '/etc/kontor/keystore.json',
  KEYSTORE_PASSPHRASE: 'correct horse',
}

test('a whole environment is read, and what is no secret has a default', (t) => {
  const config = readConfig(WHOLE)
  t.deepEqual(config.listen, { host: '127.0.0.1', port: 7701 })
  t.is(config.logLevel, 'info')
  t.is(config.keystorePassphrase.reveal(), 'correct horse')
  t.false(JSON.stringify(config).includes('correct horse'))
})

const refuses = test.macro({
  exec: (t, change: Record<string, string | undefined>, because: RegExp) => {
    const error = t.throws(() => readConfig({ ...WHOLE, ...change }), { instanceOf: InvalidConfig, message: because })
    t.regex(error.message, /^[A-Z].*\.$/)
    t.false(error.message.includes('hunter2'))
  },
  title: (_given, change) => `refuses to start with ${JSON.stringify(change, (_, value) => value ?? null)}`,
})

test(refuses, { VAULT_DATABASE_URL: undefined }, /VAULT_DATABASE_URL is not set/)
test(refuses, { KEYS_DATABASE_URL: '' }, /KEYS_DATABASE_URL is not set/)
test(refuses, { KEYS_DATABASE_URL: 'mysql://a:hunter2@b/c' }, /KEYS_DATABASE_URL is not a URL/)
test(refuses, { KEYSTORE_FILE: undefined }, /KEYSTORE_FILE is not set/)
test(refuses, { KEYSTORE_PASSPHRASE: undefined }, /Neither/)
test(refuses, { KEYSTORE_PASSPHRASE_FILE: '/x' }, /not both/)
test(refuses, { KEYSTORE_PASSPHRASE: undefined, KEYSTORE_PASSPHRASE_FILE: '/nonexistent' }, /cannot be read/)
test(refuses, { VAULT_LISTEN: '7701' }, /VAULT_LISTEN/)
test(refuses, { VAULT_LISTEN: 'localhost:99999' }, /VAULT_LISTEN/)
test(refuses, { LOG_LEVEL: 'loud' }, /LOG_LEVEL/)

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
  t.is(read('correct horse \n', 0o600).keystorePassphrase.reveal(), 'correct horse ')
  t.throws(() => read('\n', 0o600), { message: /is empty/ })
  if (process.platform !== 'win32') t.throws(() => read('secret', 0o640), { message: /mode 0600/ })
})

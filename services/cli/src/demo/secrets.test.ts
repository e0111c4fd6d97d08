import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseApiKey } from '@kontor/api-key'
import test, { type ExecutionContext } from 'ava'
import { Sentence } from '../sentence.ts'
import { homePaths } from './home.ts'
import { findApiKeys, openSecrets } from './secrets.ts'

function home(t: ExecutionContext) {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-secrets-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return homePaths(folder)
}

test('secrets are made once, for their owner only, with a warning', async (t) => {
  const paths = home(t)
  const first = await openSecrets(paths, randomBytes)
  t.true(first.made)
  t.is(statSync(paths.secrets).mode & 0o777, 0o600)
  t.regex(first.secrets.warning, /never use these secrets in production/)
  t.deepEqual(await openSecrets(paths, randomBytes), { secrets: first.secrets, made: false })
  t.deepEqual(await findApiKeys(paths.secrets), first.secrets.api_keys)
})

test('every key is a test key of its service', async (t) => {
  const { secrets } = await openSecrets(home(t), randomBytes)
  const { vault, invoicing, vault_service } = secrets.api_keys
  t.deepEqual(
    [vault, invoicing, vault_service].map((key) => parseApiKey(key)).map((key) => [key?.service, key?.mode]),
    [
      ['vault', 'test'],
      ['invoicing', 'test'],
      ['vault', 'test'],
    ],
  )
})

test('lost or garbled secrets are not replaced while what they open is there', async (t) => {
  const lost = home(t)
  writeFileSync(lost.keystore, '{}')
  const error = await t.throwsAsync(openSecrets(lost, randomBytes), { instanceOf: Sentence })
  t.regex(error?.message ?? '', /put it back, or delete/)
  const garbled = home(t)
  writeFileSync(garbled.secrets, '{"api_keys"')
  await t.throwsAsync(openSecrets(garbled, randomBytes), { instanceOf: Sentence, message: /garbled/ })
})

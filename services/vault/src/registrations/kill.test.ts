import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { newUuid, toBucket } from '@kontor/ids'
import { createKeystoreFile } from '@kontor/keystore'
import { connect } from '@kontor/postgres'
import { stripeFake } from '@kontor/processors/testing'
import { createTenant } from '@kontor/tenancy'
import test from 'ava'
import { freshDatabases } from '../../../../test/support/database.ts'
import { startKillable } from '../../../../test/support/killable-service.ts'
import { CARD } from '../../test/test-vault.ts'
import { createVaultKey } from '../api-keys/administration.ts'

test('a process that is killed between sending and storing has registered once, and the next process finds it', async (t) => {
  t.timeout(240_000)
  const databases = await freshDatabases()
  const folder = mkdtempSync(join(tmpdir(), 'kontor-registrations-'))
  const [keystore, sink, passphrase] = [
    join(folder, 'keystore.json'),
    join(folder, 'sink'),
    randomBytes(12).toString('hex'),
  ]
  await createKeystoreFile(keystore, passphrase, {
    random: randomBytes,
    nowMs: Date.now,
    scrypt: { n: 1024, r: 8, p: 1 },
  })
  writeFileSync(sink, '')
  const stripe = await stripeFake()
  const owner = connect({ url: databases.vaultMigrationUrl, max: 1, applicationName: 'kill test' })
  const vault = await startKillable('vault', 'registers', {
    VAULT_DATABASE_URL: databases.vaultUrl,
    KEYS_DATABASE_URL: databases.keysUrl,
    KEYSTORE_FILE: keystore,
    KEYSTORE_PASSPHRASE: passphrase,
    KEYS_BACKUP_RETENTION_DAYS: '0',
    AUDIT_SINK_FILE: sink,
    STRIPE_BASE_URL: stripe.baseUrl,
  })
  t.teardown(async () => {
    await vault.kill()
    await stripe.close()
    await owner.close()
    await databases.drop()
    rmSync(folder, { recursive: true })
  })
  const id = newUuid(toBucket(0), Date.now(), randomBytes)
  const tenant = await createTenant(owner.knex, { id, slug: 'killed', name: 'Killed' })
  const request = { tenantId: tenant.id, mode: 'test', name: 'test', role: 'admin' } as const
  const { text: key } = await createVaultKey(owner.knex, request, { random: randomBytes, nowMs: Date.now() })

  async function ask(method: string, path: string, body: object, intent = 'made-before-the-kill') {
    const response = await fetch(`${vault.url()}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'idempotency-key': intent },
      body: JSON.stringify(body),
    })
    return { status: response.status, json: (await response.json()) as Record<string, unknown> }
  }
  async function untilReady(): Promise<void> {
    while (!(await fetch(`${vault.url()}/ready`)).ok) await pause(50)
  }

  await untilReady()
  const credentials = { secret_key: stripe.secretKey, webhook_secrets: ['whsec_5WbX5kEWLlfzsGNj'] }
  t.is((await ask('PUT', '/v1/processors/stripe', { stripe: credentials })).status, 201)
  // What is killed is first a process that waits for the last answer, then one that waits for the first.
  for (const [last, mishaps] of [
    [3, [undefined, undefined, { late: 4_000 }]],
    [1, [{ late: 4_000 }]],
  ] as const) {
    const { json } = await ask('POST', '/v1/tokens', CARD, `token-before-kill-${last}`)
    const before = stripe.received.length
    const setups = stripe.state.setups.size
    stripe.mishaps.push(...mishaps)
    const register = () =>
      ask('POST', `/v1/tokens/${json.id}/registrations`, { processor: 'stripe', cvc: '737' }, `killed-intent-${last}`)
    const killed = register().catch(() => 'the connection broke')
    while (stripe.received.length < before + last) await pause(20)
    await vault.kill()
    t.is(await killed, 'the connection broke')
    await vault.start()
    await untilReady()
    // The killed process holds the attempt for some seconds more, and Stripe is still at work on what it sent.
    let found = await register()
    for (let asked = 0; found.status !== 201 && asked < 60; asked++) {
      const [busy, atStripe] = [found.json.code === 'idempotency_in_progress', found.json.because === 'in_progress']
      t.true(busy || atStripe, JSON.stringify(found.json))
      await pause(200)
      found = await register()
    }
    t.is(`${found.status} ${found.json.state}`, '201 registered', JSON.stringify(found.json))
    t.is(stripe.state.setups.size, setups + 1)
  }
  const { rows } = await owner.knex.raw(`select count(*)::int as count from event where type = 'token.registered'`)
  t.is(rows[0].count, 2)
  // As a value, in JSON or in a form: the digits alone are in a time or an id sooner or later.
  t.false(/"level":60|["=]737\b/.test(vault.log()))
})

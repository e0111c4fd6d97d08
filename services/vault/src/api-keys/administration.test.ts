import { randomBytes } from 'node:crypto'
import { generateApiKey } from '@kontor/api-key'
import { connect } from '@kontor/postgres'
import test from 'ava'
import { type TestVault, testVault } from '../../test/test-vault.ts'
import { createVaultKey, InvalidKeyRequest, type VaultKeyRequest } from './administration.ts'
import { VAULT_ROLES } from './roles.ts'

let vault: TestVault
let owner: ReturnType<typeof connect>
test.before(async () => {
  vault = await testVault()
  owner = connect({ url: vault.databases.vaultMigrationUrl, max: 1, applicationName: 'test' })
})
test.after.always(async () => {
  await owner?.close()
  await vault?.close()
})

const deps = () => ({ random: randomBytes, nowMs: Date.now() })
const request = (change: Partial<VaultKeyRequest>): VaultKeyRequest => ({
  tenantId: vault.tenantId,
  mode: 'test',
  name: 'test',
  role: 'checkout',
  ...change,
})

test('a key that was generated before is stored as it is, and only its hash', async (t) => {
  const key = generateApiKey({ service: 'vault', mode: 'test', random: randomBytes })
  const { text } = await createVaultKey(owner.knex, request({}), { ...deps(), key })
  t.is(text, key.text)
  const { rows } = await vault.vaultAdmin.query('select to_jsonb(k)::text as row from api_key k where lookup_id = $1', [
    key.lookupId,
  ])
  t.is(rows.length, 1)
  t.false(rows[0].row.includes(key.text.split('_')[3]))
})

const refuses = test.macro({
  exec: async (t, change: Partial<VaultKeyRequest>, because: RegExp) => {
    await t.throwsAsync(createVaultKey(owner.knex, request(change), deps()), {
      instanceOf: InvalidKeyRequest,
      message: because,
    })
  },
  title: (_given, change) => `refuses ${JSON.stringify(change)}`,
})

test(refuses, { role: 'owner' }, /a role is one of/)
test(refuses, { scopes: ['token.everything'] }, /a scope beyond/)
test(refuses, { scopes: ['token.reveal'] }, /go together/)
test(refuses, { purposes: ['charge'] }, /go together/)
test(refuses, { scopes: ['token.reveal'], purposes: ['Charge it'] }, /a purpose is/)
test(refuses, { tenantId: null }, /has the role invoicing/)
test(refuses, { tenantId: null, role: 'invoicing', scopes: ['token.reveal'], purposes: ['charge'] }, /never reveals/)
test(refuses, { tenantId: null, role: 'invoicing', scopes: ['token.dedup_tenant'] }, /secret\.read:processor at most/)

test(refuses, { scopes: ['token.reveal:card:cvc'], purposes: ['charge'] }, /a scope beyond/)
test(refuses, { requestsPerMinute: 0 }, /a limit is/)
test(refuses, { revealsPerMinute: 1.5 }, /a limit is/)
test(refuses, { networks: ['10.0.0.0/8', 'office'] }, /a network looks like/)

const stored = async (text: string) => {
  const { rows } = await vault.vaultAdmin.query('select scopes from api_key where lookup_id = $1', [text.split('_')[2]])
  return rows[0].scopes as string[]
}

test('token.reveal stands for every field, token.reveal:card for those of a card, and both are stored written out', async (t) => {
  const make = (scopes: string[]) => createVaultKey(owner.knex, request({ scopes, purposes: ['charge'] }), deps())
  const every = await make(['token.reveal'])
  t.is((await stored(every.text)).length, 10)
  const ofCards = await make(['token.reveal:card', 'token.reveal:card:number', 'token.dedup_tenant'])
  t.deepEqual(await stored(ofCards.text), [
    'token.reveal:card:number',
    'token.reveal:card:expiry',
    'token.reveal:card:holder_name',
    'token.dedup_tenant',
  ])
})

test('the service key of invoicing may be let read the credentials of processors', async (t) => {
  const scopes = ['secret.read:processor']
  const { text } = await createVaultKey(owner.knex, request({ tenantId: null, role: 'invoicing', scopes }), deps())
  t.deepEqual(await stored(text), scopes)
})

test('every role that there is can be given', async (t) => {
  for (const role of VAULT_ROLES) await t.notThrowsAsync(createVaultKey(owner.knex, request({ role }), deps()))
})

test('the database itself refuses a service key that reveals, a reveal without purpose, and one that is not by field', async (t) => {
  for (const [tenantId, purposes, scope] of [
    [null, ['charge'], 'token.reveal:card:number'],
    [vault.tenantId, [], 'token.reveal:card:number'],
    [vault.tenantId, ['charge'], 'token.reveal'],
  ]) {
    await t.throwsAsync(
      vault.vaultAdmin.query(
        `insert into api_key (id, lookup_id, secret_hash, tenant_id, mode, name, role, scopes, purposes)
         values (gen_random_uuid(), gen_random_uuid(), sha256('x'), $1, 'test', 'x', 'invoicing', $3, $2)`,
        [tenantId, purposes, [scope]],
      ),
      { message: /check constraint/ },
    )
  }
})

test('the service can make neither tenants nor keys, and cannot change or remove what happened', async (t) => {
  const service = vault.deps.vault.knex
  for (const statement of [
    `insert into tenant (id, slug, name) values (gen_random_uuid(), 'x', 'x')`,
    `update api_key set revoked_at = null`,
    'delete from event',
    'update event set purpose = null',
    'delete from token',
    'update token set tenant_id = tenant_id',
    'update token set idempotency_hmac = idempotency_hmac',
    'delete from data_subject',
    'truncate token',
    'alter table token add column x int',
    'create table x ()',
  ]) {
    await t.throwsAsync(service.raw(statement), { message: /permission denied|must be owner/ }, statement)
  }
  for (const statement of [
    'update dek set subject_id = subject_id',
    'delete from tenant_kek',
    'delete from tenant_secret',
  ]) {
    await t.throwsAsync(vault.deps.keys.knex.raw(statement), { message: /permission denied/ }, statement)
  }
})

import { parseId } from '@kontor/ids'
import test, { type ExecutionContext } from 'ava'
import {
  CARD,
  call,
  IBAN_ACCOUNT,
  newAccountId,
  type TestVault,
  testVault,
  tokenize,
  US_ACCOUNT,
} from '../../test/test-vault.ts'
import { macOf } from '../events/event.ts'
import { tenantKeys } from '../keys/tenant-keys.ts'

let vault: TestVault
let admin: string
let otherTenantsKey: string

const rights = { role: 'admin', scopes: ['token.reveal'], purposes: ['charge'] }

test.before(async () => {
  vault = await testVault()
  admin = await vault.newKey(rights)
  otherTenantsKey = await vault.newKey({ ...rights, tenantId: await vault.newTenant('neighbour') })
})
test.after.always(() => vault?.close())

async function make(body: object, key = admin): Promise<{ wire: string; id: string }> {
  const wire = (await tokenize(vault.app, key, body)).json().id as string
  return { wire, id: parseId('tok', wire) }
}

/** Asks a service that holds no key yet, so that the keys are read from their rows as well. */
async function reveal(wire: string, key = admin) {
  const url = `/v1/tokens/${wire}/reveal`
  const app = await vault.newApp()
  const answer = await call(app, { key, method: 'POST', url, body: { fields: ['holder_name'], purpose: 'charge' } })
  await app.close()
  return answer
}

async function isViolation(t: ExecutionContext, wire: string, key = admin) {
  const before = await revealsOf(wire)
  const alarms = vault.log.filter((line) => line.includes('integrity_violation')).length
  const answer = await reveal(wire, key)
  t.is(answer.status, 500, answer.text)
  t.is(answer.json().code, 'integrity_violation')
  t.deepEqual(Object.keys(answer.json()).sort(), ['code', 'instance', 'status', 'title', 'type'])
  t.is(await revealsOf(wire), before, 'nothing was revealed, so there is no event that says so')
  t.true(vault.log.filter((line) => line.includes('integrity_violation')).length > alarms)
}

async function revealsOf(wire: string): Promise<number> {
  const { rows } = await vault.vaultAdmin.query(
    `select 1 from event where object_id = $1 and type = 'token.revealed'`,
    [parseId('tok', wire)],
  )
  return rows.length
}

const swapRecords = (a: string, b: string, ...columns: string[]) =>
  vault.vaultAdmin.query(
    `update token set ${['record', ...columns].map((column) => `${column} = other.${column}`).join(', ')}
     from token as other where (token.id, other.id) in (($1, $2), ($2, $1))`,
    [a, b],
  )

test('records swapped between two tokens of one account do not open', async (t) => {
  const account_id = newAccountId()
  const a = await make({ ...CARD, account_id })
  const b = await make({ ...CARD, account_id, holder: { name: 'Bea' } })
  await swapRecords(a.id, b.id)
  await isViolation(t, a.wire)
  await isViolation(t, b.wire)
  await swapRecords(a.id, b.id)
  t.is((await reveal(a.wire)).json().holder.name, 'Ada Muster')
})

test('records swapped between accounts, guests or tenants do not open', async (t) => {
  const a = await make({ ...CARD, account_id: newAccountId() })
  const b = await make({ ...CARD, account_id: newAccountId() })
  await swapRecords(a.id, b.id)
  await isViolation(t, a.wire)

  const guest = await make(CARD)
  const stranger = await make(CARD, otherTenantsKey)
  await swapRecords(guest.id, stranger.id)
  await isViolation(t, guest.wire)
  await isViolation(t, stranger.wire, otherTenantsKey)
})

const changesRow = test.macro({
  exec: async (t, change: string, body: object = CARD) => {
    const { wire, id } = await make(body)
    await vault.vaultAdmin.query(`update token set ${change} where id = $1`, [id])
    await isViolation(t, wire)
  },
  title: (_given, change) => `a row does not open after: ${change}`,
})

test(changesRow, 'version = version + 1')
test(
  changesRow,
  `type = 'paypal_account', masked_email = 'x', brand = null, bin = null, last_four = null, expiry_month = null, expiry_year = null`,
)
test(changesRow, 'dek_version = 2')
test(changesRow, `record = left(record, -1)`)
test(changesRow, `record = record || 'A'`)
test(changesRow, `record = ''`)

test('a row whose mode was changed does not open under a key of the other mode', async (t) => {
  const { wire, id } = await make(CARD)
  await vault.vaultAdmin.query(`update token set mode = 'live' where id = $1`, [id])
  await isViolation(t, wire, await vault.newKey({ ...rights, mode: 'live' }))
})

test('a token moved to another tenant does not open there', async (t) => {
  const { wire, id } = await make(CARD)
  const { rows } = await vault.vaultAdmin.query(`select id from tenant where slug = 'neighbour'`)
  await vault.vaultAdmin.query('update token set tenant_id = $2 where id = $1', [id, rows[0].id])
  await isViolation(t, wire, otherTenantsKey)
  await vault.keysAdmin.query('update dek set tenant_id = $2 where subject_id = $1', [id, rows[0].id])
  await isViolation(t, wire, otherTenantsKey)
})

test('keys swapped between two subjects do not unwrap', async (t) => {
  const a = await make(CARD)
  const b = await make(IBAN_ACCOUNT)
  await vault.keysAdmin.query(
    `update dek set wrapped = other.wrapped from dek as other
     where (dek.subject_id, other.subject_id) in (($1, $2), ($2, $1))`,
    [a.id, b.id],
  )
  await isViolation(t, a.wire)
  await isViolation(t, b.wire)
})

test('a record whose key is gone is a violation, not an unknown token', async (t) => {
  const { wire, id } = await make(US_ACCOUNT)
  await vault.keysAdmin.query('delete from dek where subject_id = $1', [id])
  await isViolation(t, wire)
})

test('a record put back after a deletion does not open: its version has passed', async (t) => {
  const account_id = newAccountId()
  const { wire, id } = await make({ ...CARD, account_id })
  const { rows } = await vault.vaultAdmin.query('select * from token where id = $1', [id])
  await call(vault.app, { key: admin, method: 'DELETE', url: `/v1/tokens/${wire}` })
  const old = rows[0]
  await vault.vaultAdmin.query(
    `update token set state = 'active', record = $2, number_fingerprint = $3, full_fingerprint = $4, brand = $5,
       last_four = $6, expiry_month = $7, expiry_year = $8 where id = $1`,
    [
      id,
      old.record,
      old.number_fingerprint,
      old.full_fingerprint,
      old.brand,
      old.last_four,
      old.expiry_month,
      old.expiry_year,
    ],
  )
  await isViolation(t, wire)
})

test('every event carries a MAC of its content that only the service can make', async (t) => {
  const { wire, id } = await make(CARD)
  await reveal(wire)
  const keys = tenantKeys({ ...vault.deps, database: vault.deps.keys })
  const { event: key } = await keys.subkeys(vault.tenantId)
  const { rows } = await vault.vaultAdmin.query('select * from event where object_id = $1', [id])
  t.is(rows.length, 2)
  for (const row of rows) {
    const event = {
      id: row.id,
      tenantId: row.tenant_id,
      mode: row.mode,
      type: row.type,
      subjectId: row.subject_id,
      objectId: row.object_id,
      objectVersion: row.object_version,
      actorKeyId: row.actor_key_id,
      purpose: row.purpose,
      requestId: row.request_id,
      at: row.at,
      data: row.data,
    }
    t.deepEqual(macOf(event, key), row.mac)
    t.notDeepEqual(macOf({ ...event, purpose: 'other' }, key), row.mac)
  }
})

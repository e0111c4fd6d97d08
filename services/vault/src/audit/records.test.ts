import { parseId } from '@kontor/ids'
import test from 'ava'
import { CARD, call, newAccountId, type TestVault, testVault, tokenize } from '../../test/test-vault.ts'
import { compareRecords } from './records.ts'

let vault: TestVault
let key: string
test.before(async () => {
  vault = await testVault()
  key = await vault.newKey({})
})
test.after.always(() => vault?.close())

const sql = (text: string, ...values: unknown[]) => vault.vaultAdmin.query(text, values)
const make = async (other: object = {}): Promise<string> =>
  (await tokenize(vault.app, key, { ...CARD, ...other })).json().id
const patch = (id: string, body: object, version: number) =>
  call(vault.app, { key, method: 'PATCH', url: `/v1/tokens/${id}`, body, headers: { 'if-match': `"${version}"` } })
const findings = async () => (await compareRecords(vault.deps.vault)).findings

/** Puts a token's row back as it was before, as a superuser can. */
async function keepRow(id: string): Promise<() => Promise<void>> {
  await sql('drop table if exists kept')
  await sql(`create table kept as select * from token where id = '${parseId('tok', id)}'`)
  return async () => {
    await sql('set session_replication_role = replica')
    await sql('delete from token using kept where token.id = kept.id')
    await sql('insert into token select * from kept')
    await sql('set session_replication_role = origin')
  }
}

test.serial('whatever was done to tokens in the usual way, each is as its last event says', async (t) => {
  const account = newAccountId()
  const [one, two] = [await make({ account_id: account }), await make()]
  t.is((await patch(one, { metadata: { a: 'b' } }, 1)).status, 200)
  t.is((await call(vault.app, { key, method: 'DELETE', url: `/v1/tokens/${two}` })).status, 204)
  await make({ account_id: newAccountId() })
  t.is((await call(vault.app, { key, method: 'DELETE', url: `/v1/accounts/${account}/data` })).status, 200)
  t.deepEqual(await compareRecords(vault.deps.vault), { tokens: 3, findings: [] })
})

test.serial('a whole older row that was put back is found', async (t) => {
  const id = await make()
  const putBack = await keepRow(id)
  await patch(id, { metadata: { a: 'b' } }, 1)
  await putBack()
  const [finding, ...more] = await findings()
  t.is(finding?.token, id)
  t.regex(finding?.detail as string, /an older row was put back: it is of version 1, and token.updated made version 2/)
  t.deepEqual(more, [])
  await sql('update token set version = 2 where id = $1', parseId('tok', id))
  t.deepEqual(await findings(), [])
})

test.serial('a deleted token that was put back, and one of an erased customer, are found', async (t) => {
  const id = await make()
  const putBack = await keepRow(id)
  await call(vault.app, { key, method: 'DELETE', url: `/v1/tokens/${id}` })
  await putBack()
  t.regex((await findings())[0]?.detail as string, /older row was put back/)
  await sql('delete from token where id = $1', parseId('tok', id)).catch(() => undefined)

  const account = newAccountId()
  const erased = await make({ account_id: account })
  const restore = await keepRow(erased)
  await call(vault.app, { key, method: 'DELETE', url: `/v1/accounts/${account}/data` })
  await restore()
  t.regex(
    (await findings()).find(({ token }) => token === erased)?.detail as string,
    /active, though its subject was erased/,
  )
})

test.serial('a row that was taken out, and one that was put in, are found', async (t) => {
  const [gone, extra] = [await make(), await make()]
  await sql('delete from token where id = $1', parseId('tok', gone))
  await sql('delete from event where object_id = $1', parseId('tok', extra))
  const details = new Map((await findings()).map(({ token, detail }) => [token, detail]))
  t.regex(details.get(gone) as string, /its row is gone/)
  t.regex(details.get(extra) as string, /no event that made it/)
})

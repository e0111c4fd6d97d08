import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { bucketOf, parseId } from '@kontor/ids'
import { connect } from '@kontor/postgres'
import test from 'ava'
import { makeTenant } from '../numbers/tenant.ts'
import { freshDatabases } from '../support/database.ts'
import { ACCOUNT, ISSUER, LINE } from '../support/invoicing.ts'
import { startKillable } from '../support/killable-service.ts'
import { newTally, patientClient } from '../support/patient-client.ts'

/** What the process that settles is made to wait for when it is killed: the row that it needs for its next step. */
const STRIKES = ['before the invoice is issued', 'before the money is moved'] as const

test('a paid proforma becomes one invoice and its money moves once, wherever the process is killed', async (t) => {
  const databases = await freshDatabases(t)
  const owner = connect({ url: databases.invoicingMigrationUrl, max: 2, applicationName: 'test-owner' })
  t.teardown(() => owner.close())
  const apiKey = await makeTenant(databases.invoicingMigrationUrl)
  const environment = {
    INVOICING_DATABASE_URL: databases.invoicingUrl,
    INVOICING_SECRET: randomBytes(32).toString('hex'),
    VAULT_URL: 'http://127.0.0.1:9',
    LOG_LEVEL: 'warn',
  }
  // One takes the payments, and leaves the jobs to the other, which is killed.
  const desk = await startKillable('invoicing', 'desk', { ...environment, INVOICING_JOBS_MAX: '0' })
  t.teardown(() => desk.stop())
  const client = patientClient([desk.url], apiKey, newTally(), new AbortController().signal)
  let calls = 0
  const post = async (url: string, body?: object) =>
    (await client.send(0, 'POST', url, body, { 'idempotency-key': `settle-${++calls}` })).body
  const get = async (url: string) => (await client.send(0, 'GET', url)).body
  const count = async (text: string, id: string) => {
    const rows = await owner.hotSql<{ n: number }>(createHash('sha256').update(text).digest('hex').slice(0, 40), text, [
      bucketOf(id),
      id,
    ])
    return rows[0]?.n
  }

  const issuer = await post('/v1/issuers', ISSUER)
  const account = await post('/v1/accounts', ACCOUNT)
  const order = { account_id: account.id, issuer_id: issuer.id, currency: 'CHF', lines: [LINE] }
  for (const strike of STRIKES) {
    const { id } = await post('/v1/proformas', order)
    await post(`/v1/proformas/${id}/issue`)
    const paid = { method: 'cash', currency: 'CHF', received_on: '2026-11-20', invoice_id: id }
    await post('/v1/payments', { ...paid, amount_minor: 10_000 })
    const last = await post('/v1/payments', { ...paid, amount_minor: 1_000 })
    const { invoice_id } = await get(`/v1/proformas/${id}`)
    const [proforma, invoice] = [parseId('pro', id), parseId('inv', invoice_id)]

    const needed = strike === STRIKES[0] ? invoice : proforma
    const held = await owner.knex.transaction()
    t.teardown(() => held.rollback())
    await held('document')
      .where({ bucket: bucketOf(needed), id: needed })
      .forUpdate()
      .first('id')
    const { rows } = await held.raw('select pg_current_xact_id()::xid::text as xid')
    const settler = await startKillable('invoicing', strike, environment)
    t.teardown(() => settler.stop())
    const waits = 'select count(*)::int as n from pg_locks where not granted and transactionid = $1::text::xid'
    for (let times = 0; ; times++) {
      const [waiting] = await owner.hotSql<{ n: number }>('waits', waits, [rows[0].xid])
      if (waiting && waiting.n > 0) break
      if (times === 300) return t.fail(`${strike}: it never came there: ${settler.log()}`)
      await pause(20)
    }
    const state = (await get(`/v1/invoices/${invoice_id}`)).state
    t.is(state, strike === STRIKES[0] ? 'draft' : 'issued', strike)
    await settler.kill()
    // What the dead process had sent to the database goes on there once it can.
    await held.rollback()
    await settler.start()
    const moved = `select sum(amount_minor)::int as n from allocation where bucket = $1 and invoice_id = $2`
    for (let times = 0; (await count(moved, proforma)) !== 0; times++) {
      if (times === 1_000) return t.fail(`${strike}: the money stays where it was`)
      await pause(20)
    }
    t.like(await get(`/v1/invoices/${invoice_id}`), { state: 'issued', payment_status: 'paid', paid_minor: 10_810 })
    t.is((await get(`/v1/payments/${last.id}`)).credit_minor, 190)
    t.is(await count('select count(*)::int as n from document where bucket = $1 and proforma_id = $2', proforma), 1)
    const given = 'select count(*)::int as n from allocation where bucket = $1 and invoice_id = $2'
    t.is(await count(given, invoice), 2, 'from each payment once')
    t.is(await count(`${given} and amount_minor < 0`, proforma), 2, 'and taken from where it was once')
    t.is(
      await count(
        `select count(*)::int as n from event where bucket = $1 and object_id = $2 and type = 'invoice.issued'`,
        invoice,
      ),
      1,
    )
    await settler.stop()
  }
  const { data } = await get(`/v1/series?account_id=${account.id}&document_type=invoice`)
  const audit = await get(`/v1/series/${data[0].id}/audit`)
  t.like(audit, { count: STRIKES.length, complete: true, missing: [] })
})

import { parseId } from '@kontor/ids'
import { sqlstate } from '@kontor/postgres'
import test, { type ExecutionContext } from 'ava'
import { type ChargeStage, chargeStage } from '../testing/charge-stage.ts'
import { putRules } from '../testing/obedient-processor.ts'

let stage: ChargeStage
test.before(async () => {
  stage = await chargeStage()
  await putRules(stage, { rules: [], retry_after_hours: [24] })
})
test.after.always(() => stage.kontor.close())

/** As the service's own role, past the service. */
async function refused(t: ExecutionContext, text: string, values: string[], code: string, constraint?: string) {
  const error = await t.throwsAsync(stage.kontor.database.knex.raw(text, values), undefined, text)
  t.is(sqlstate(error), code, text)
  if (constraint) t.is((error as { constraint?: string }).constraint, constraint)
}

async function chargeOf(amount_minor: number, changes: object = {}): Promise<string> {
  const { body } = await stage.charge(await stage.chargeable(), { amount_minor, ...changes })
  return parseId('chg', body.id ?? body.charge_id)
}
const waiting = () => chargeOf(66_601, { off_session: true })

/** A further attempt of a charge, but for what is said. */
const NEXT = (changes: Record<string, string> = {}) => {
  const columns = [
    ...['bucket', 'id', 'tenant_id', 'mode', 'account_id', 'invoice_id', 'document_type', 'key_id', 'idempotency_hmac'],
    ...['request_hmac', 'token_id', 'method', 'instrument', 'processor', 'registration', 'currency', 'amount_minor'],
    ...['capture', 'off_session', 'state', 'retry_of', 'first_id', 'attempt', 'created_at', 'updated_at'],
  ]
  const given: Record<string, string> = {
    id: 'new_bucketed_id(bucket, created_at)',
    idempotency_hmac: "decode(md5(random()::text), 'hex')",
    state: "'processing'",
    retry_of: 'id',
    first_id: 'coalesce(first_id, id)',
    attempt: 'attempt + 1',
    ...changes,
  }
  return `insert into charge (${columns.join(', ')}) select ${columns.map((column) => given[column] ?? column).join(', ')} from charge where id = ?`
}

test('nothing follows what may take money, has taken it, was declined for good, or is not to be tried again', async (t) => {
  for (const id of [
    await chargeOf(66_612),
    await chargeOf(100),
    await chargeOf(66_602, { off_session: true }),
    // Softly, with the payer there.
    await chargeOf(66_601),
  ]) {
    await refused(t, NEXT(), [id], '23514', 'charge_follows')
  }
  const cancelled = await waiting()
  await stage.kontor.call('POST', `/v1/charges/${(await shown(cancelled)).id}/cancel`)
  await refused(t, NEXT(), [cancelled], '23514', 'charge_follows')
})

const shown = async (id: string) => {
  const { body } = await stage.kontor.call('GET', '/v1/charges?limit=200')
  return body.data.find((charge: { id: string }) => parseId('chg', charge.id) === id)
}

test('a further attempt is of the same charge, and for no more', async (t) => {
  const id = await waiting()
  for (const changes of [
    { amount_minor: 'amount_minor + 1' },
    { attempt: 'attempt + 2' },
    { token_id: 'gen_random_uuid()' },
    {
      invoice_id: `(select id from document where document_type = 'invoice' and state = 'issued' and bucket <> charge.bucket limit 1)`,
    },
  ]) {
    const error = await t.throwsAsync(
      stage.kontor.database.knex.raw(NEXT(changes), [id]),
      undefined,
      JSON.stringify(changes),
    )
    t.is(sqlstate(error), '23514', JSON.stringify(changes))
  }
  await refused(t, NEXT({ attempt: '1' }), [id], '23514')
  await refused(t, NEXT({ retry_of: 'null' }), [id], '23514', 'charge_is_an_attempt')
  await t.notThrowsAsync(stage.kontor.database.knex.raw(NEXT(), [id]))
})

test('one attempt follows another one, which is never taken up again', async (t) => {
  const id = await chargeOf(66_621)
  await t.notThrowsAsync(stage.kontor.database.knex.raw(NEXT({ amount_minor: '1000' }), [id]))
  await refused(t, NEXT({ amount_minor: '1000' }), [id], '23505')
  const up = `update charge set state = 'processing', version = version + 1 where id = ?`
  await refused(t, up, [id], '23514', 'charge_follows')
  await t.notThrowsAsync(stage.kontor.database.knex.raw(up, [await chargeOf(66_621)]))
})

test('what became of a retry does not change, and it was made when the attempt is there', async (t) => {
  const id = await waiting()
  const now = 'ended_at = now()'
  await refused(t, `update charge_retry set state = 'made', ${now} where charge_id = ?`, [id], '23000')
  await refused(t, `update charge_retry set state = 'dropped', ${now} where charge_id = ?`, [id], '23514')
  await refused(t, 'update charge_retry set charge_id = charge_id where charge_id = ?', [id], '42501')
  await refused(t, 'delete from charge_retry where charge_id = ?', [id], '42501')
  t.is(sqlstate(await t.throwsAsync(stage.kontor.sql('delete from charge_retry where charge_id = $1', [id]))), '23000')
  t.is(sqlstate(await t.throwsAsync(stage.kontor.sql('truncate charge_retry'))), '23000')
  const drop = `update charge_retry set state = 'dropped', because = 'cancelled', ${now} where charge_id = ?`
  await t.notThrowsAsync(stage.kontor.database.knex.raw(drop, [id]))
  for (const change of ["state = 'waiting', because = null, ended_at = null", "because = 'nothing_open'"]) {
    await refused(t, `update charge_retry set ${change} where charge_id = ?`, [id], '23000')
  }
})

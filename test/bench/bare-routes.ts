// A bare Fastify service with routes that commit as often as a charge and the intake of a webhook do, and do nothing else.
import { fastify } from 'fastify'
import pg from 'pg'

const pool = new pg.Pool({ connectionString: process.env.INVOICING_DATABASE_URL, max: 10 })
const app = fastify()
const body = { type: 'object', additionalProperties: false, required: ['tenant', 'id'] } as const
const properties = { tenant: { type: 'string', maxLength: 36 }, id: { type: 'string', maxLength: 36 } } as const

interface Wish {
  readonly tenant: string
  readonly id: string
}

/** As many transactions as a charge through the test processor commits: claim, created there, written down, confirmed there, written down. */
const COMMITS_OF_A_CHARGE = 5

app.post<{ Body: Wish }>('/charge', { schema: { body: { ...body, properties } } }, async ({ body: { tenant, id } }) => {
  for (let seq = 1; seq <= COMMITS_OF_A_CHARGE; seq++) {
    await pool.query({
      name: 'bare_step',
      text: `insert into bare_step (bucket, charge_id, seq, tenant_id, kind, request, outcome, learned_by, at)
             values (1, $1, $2, $3, 'answered', 'confirm', 'succeeded', 'request', $4)`,
      values: [id, seq, tenant, new Date()],
    })
  }
  return { id }
})

app.post<{ Body: Wish }>('/event', { schema: { body: { ...body, properties } } }, async ({ body: { tenant, id } }) => {
  await pool.query({
    name: 'bare_event',
    text: `insert into bare_event (bucket, id, tenant_id, mode, processor, event_reference, type, kind, reference, occurred_at, received_at)
           values (1, $1, $2, 'test', 'stripe', $3, 'payment_intent.succeeded', 'charge', $3, $4, $4)`,
    values: [id, tenant, `evt_${id}`, new Date()],
  })
  return { received: true }
})

const end = async () => {
  await app.close()
  await pool.end()
  process.exit(0)
}
process.on('SIGTERM', end)
process.on('disconnect', end)
process.send?.({ listening: await app.listen({ host: '127.0.0.1', port: 0 }) })

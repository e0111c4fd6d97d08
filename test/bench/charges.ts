import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { formatId, newUuid, toBucket } from '@kontor/ids'
import { stripeDelivery, stripeEvent } from '@kontor/processors/testing'
import { compare, type Figure, supplyOf } from './figure.ts'
import { issueRequest } from './issue.ts'
import { callers, httpRequest, newKey } from './load.ts'
import { type Service, startService } from './service.ts'
import type { Stage } from './stage.ts'

export interface ChargeFigure {
  readonly name: string
  readonly goal: number
  readonly callers: number
  /** In a round at most; a round ends after a second. */
  readonly most: number
  readonly rounds: number
}

const SECONDS = 1
const PREPARING = { seconds: 120, most: Number.POSITIVE_INFINITY }
const WARM_UP_MOST = 14
/** Charges that are there before anything is measured. */
const FIRST = 1_000
const WEBHOOK_SECRET = 'whsec_test_ofTheBenchmark0000000'

/** Tables of the bare side: same columns, checks and indexes. */
const BARE_TABLES = `
create table if not exists bare_step (like charge_step including all);
create table if not exists bare_event (like processor_event including all);
grant insert on bare_step, bare_event to kontor_invoicing_service`

interface Sides {
  readonly ours: Service
  readonly bare: Service
  readonly headers: Readonly<Record<string, string>>
}

/** Runs `measure` with an invoicing service that leaves its jobs to others, and a bare one; each is a process of its own. */
async function onSides(stage: Stage, measure: (sides: Sides) => Promise<Figure>): Promise<Figure> {
  await stage.owners.invoicing.knex.raw(BARE_TABLES)
  const { headers } = await stage.invoicing()
  const program = (name: string) => join(import.meta.dirname, name)
  const services: Service[] = []
  const start = async (...given: Parameters<typeof startService>) => {
    const service = await startService(...given)
    services.push(service)
    return service
  }
  try {
    const vault = await start('vault', { WEBHOOK_SECRET }, undefined, program('vault-stand-in.ts'))
    const environment = {
      INVOICING_DATABASE_URL: stage.urls.invoicing.url,
      INVOICING_LISTEN: '127.0.0.1:0',
      INVOICING_SECRET: randomBytes(32).toString('hex'),
      INVOICING_JOBS_MAX: '0',
      INVOICING_WEBHOOKS_MAX: '0',
      VAULT_URL: `http://127.0.0.1:${vault.port}`,
      VAULT_SERVICE_KEY_TEST: 'kv_test_bench',
    }
    const ours = await start('invoicing', environment, stage.profileFolder)
    const bare = await start('bare', environment, undefined, program('bare-routes.ts'))
    return await measure({ ours, bare, headers })
  } finally {
    for (const service of services.reverse()) await service.stop()
  }
}

async function measured(
  { ours, bare }: Sides,
  { callers: count, most, ...figure }: ChargeFigure,
  baselineUnit: string,
  [requests, bareRequests]: readonly [Buffer[], Buffer[]],
): Promise<Figure> {
  const limits = { seconds: SECONDS, most }
  const [supply, bareSupply] = [supplyOf(requests), supplyOf(bareRequests)]
  const clients = await callers(ours.port, count)
  const bareClients = await callers(bare.port, count)
  try {
    return await compare({
      ...figure,
      baselineUnit,
      warmUpMost: WARM_UP_MOST,
      ours: () => clients.run(supply, limits),
      bare: () => bareClients.run(bareSupply, limits),
    })
  } finally {
    clients.close()
    bareClients.close()
  }
}

const newId = () => newUuid(toBucket(1), Date.now(), randomBytes)

const bareRequests = (path: string, tenant: string, count: number): Buffer[] =>
  Array.from({ length: count }, () => httpRequest('POST', path, {}, { tenant, id: newId() }))

/** Charges invoices through the test processor, against a bare route that commits as often. */
export function measureCharge(stage: Stage, figure: ChargeFigure): Promise<Figure> {
  return onSides(stage, async (sides) => {
    const invoicing = await stage.invoicing()
    const total = figure.most * (figure.rounds + WARM_UP_MOST) + FIRST
    const drafts = await invoicing.moreDrafts(invoicing.accounts, total)
    const issuing = await callers(invoicing.port, 32)
    await issuing.run(supplyOf(drafts.map((id) => issueRequest(invoicing, id))), PREPARING)
    issuing.close()
    const requests = drafts.map((id, index) => {
      const account = invoicing.accounts[index % invoicing.accounts.length]?.accountId as string
      const body = { invoice_id: formatId('inv', id), token_id: formatId('tok', account), processor: 'test' }
      return httpRequest('POST', '/v1/charges', { ...sides.headers, 'idempotency-key': newKey() }, body)
    })
    // A table that is vacuumed while it is empty is planned for as one that stays so.
    const first = await callers(sides.ours.port, 32)
    await first.run(supplyOf(requests.splice(0, FIRST)), PREPARING)
    first.close()
    await stage.settle()
    return measured(sides, figure, 'requests/s', [requests, bareRequests('/charge', stage.tenantId, total * 4)])
  })
}

/** Takes signed events of Stripe, each another one, against a bare route with one insert. */
export function measureIntake(stage: Stage, figure: ChargeFigure): Promise<Figure> {
  return onSides(stage, async (sides) => {
    const total = figure.most * (figure.rounds + WARM_UP_MOST)
    const path = `/v1/processors/stripe/webhooks/${formatId('ten', stage.tenantId)}/test`
    const signedMs = Date.now()
    const requests = Array.from({ length: total }, () => {
      const id = newId()
      const object = { id: `pi_${id}`, object: 'payment_intent', amount: 1_000, currency: 'eur', status: 'succeeded' }
      const body = stripeEvent(`evt_${id}`, 'payment_intent.succeeded', object, { createdMs: signedMs })
      const { headers } = stripeDelivery(body, WEBHOOK_SECRET, signedMs)
      return httpRequest('POST', path, { 'stripe-signature': headers['stripe-signature'] ?? '' }, JSON.parse(body))
    })
    await stage.settle()
    return measured(sides, figure, 'requests/s', [requests, bareRequests('/event', stage.tenantId, total * 2)])
  })
}

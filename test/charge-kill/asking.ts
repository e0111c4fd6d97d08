import { setTimeout as pause } from 'node:timers/promises'
import type { PatientClient } from '../support/patient-client.ts'
import type { Asked, Ledger } from './ledger.ts'
import type { Stage } from './stage.ts'

export interface Work {
  readonly stage: Stage
  readonly client: PatientClient
  readonly ledger: Ledger
  readonly issuerId: string
  readonly accounts: readonly string[]
  readonly signal: AbortSignal
  /** Lets something go wrong at a processor, where it is this job's turn. */
  trouble(index: number): void
}

export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the fields it asserts.
  readonly body: any
}

/** Under which key something is asked for, where first, and whether again. */
export interface Asking {
  readonly key: string
  readonly to: number
  readonly patient: boolean
}

const REQUEST_TIMEOUT_MS = 60_000
const AGAIN_MS = 50
const ATTEMPTS_MAX = 60
const LINE = { name: 'Beratung', quantity: '1', unit: 'HUR', price: '100.00', vat_category: 'S', vat_rate: '8.1' }

/** The processor that a job is about. */
export const processorOf = (index: number): 'stripe' | 'paypal' => (index % 2 ? 'stripe' : 'paypal')

/** Asks at whatever process is alive. @returns `undefined` where nobody was answered, and nobody asks again. */
export async function ask(
  { stage, ledger, signal }: Work,
  path: string,
  body: object,
  { key, to, patient }: Asking,
): Promise<Answer | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    signal.throwIfAborted()
    const answer = await post(`${stage.processes[(to + attempt) % 2]?.service.url()}${path}`, JSON.stringify(body), {
      'content-type': 'application/json',
      authorization: `Bearer ${stage.apiKey}`,
      'idempotency-key': key,
    })
    if (answer && answer.status < 500 && answer.body?.code !== 'idempotency_in_progress') return answer
    if (answer?.status === 500) ledger.unexpected.push(`${path} was answered with 500 ${answer.body?.code}`)
    if (answer) ledger.again++
    else ledger.broken++
    if (!patient) return undefined
    await pause(AGAIN_MS)
  }
  return undefined
}

/** @returns `undefined` where the connection broke. */
export async function post(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
): Promise<Answer | undefined> {
  try {
    const signal = AbortSignal.timeout(REQUEST_TIMEOUT_MS)
    const response = await fetch(url, { method: 'POST', headers, body, signal })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

/** An issued invoice of an account. */
export async function anInvoice(work: Work, index: number, accountId: string): Promise<Asked> {
  const { client, issuerId, ledger } = work
  const key = (name: string) => ({ 'idempotency-key': `charge-kill-${index}-${name}` })
  const form = { account_id: accountId, issuer_id: issuerId, currency: 'EUR', lines: [LINE] }
  const draft = await client.send(index, 'POST', '/v1/invoices', form, key('draft'))
  const issued = await client.send(index, 'POST', `/v1/invoices/${draft.body.id}/issue`, undefined, key('issue'))
  if (issued.status !== 200) throw new Error(`an invoice was answered with ${issued.status} ${issued.body?.code}`)
  const invoice = { id: issued.body.id, payableMinor: issued.body.totals.payable_minor }
  ledger.invoices.push(invoice)
  return invoice
}

import { setTimeout as pause } from 'node:timers/promises'
import type { PatientClient } from '../support/patient-client.ts'
import type { Stage } from './stage.ts'

/** What a client was told of a charge. */
export interface Told {
  readonly id: string
  readonly state: string
  readonly invoiceId: string
}

/** An invoice, and what there is to pay. */
export interface Asked {
  readonly id: string
  readonly payableMinor: number
}

export interface Ledger {
  readonly invoices: Asked[]
  readonly told: Told[]
  /** Connections that broke, and answers that say to ask again. */
  broken: number
  again: number
  refused: number
  /** Clients that never came back. */
  gone: number
  readonly unexpected: string[]
}

export const newLedger = (): Ledger => ({
  invoices: [],
  told: [],
  broken: 0,
  again: 0,
  refused: 0,
  gone: 0,
  unexpected: [],
})

export interface Work {
  readonly stage: Stage
  readonly client: PatientClient
  readonly ledger: Ledger
  readonly issuerId: string
  readonly accounts: readonly string[]
  readonly signal: AbortSignal
}

const REQUEST_TIMEOUT_MS = 60_000
const AGAIN_MS = 50
const ATTEMPTS_MAX = 60
const LINE = { name: 'Beratung', quantity: '1', unit: 'HUR', price: '100.00', vat_category: 'S', vat_rate: '8.1' }

interface ChargeRequest {
  readonly invoice_id: string
  readonly token_id: string
  readonly processor: 'stripe' | 'paypal'
  readonly amount_minor?: number
}

interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the fields it asserts.
  readonly body: any
}

/** One customer with one invoice, who pays it in the way that is this job's turn, at whatever process is alive. */
export async function doJob(work: Work, index: number): Promise<void> {
  const { ledger, stage } = work
  const processor = index % 2 ? 'stripe' : 'paypal'
  const accountId = work.accounts[index % work.accounts.length] as string
  const invoice = await anInvoice(work, index, accountId)
  const pay = (name: string, changes: Partial<ChargeRequest> = {}, how: { to?: number; patient?: boolean } = {}) =>
    charge(
      work,
      { invoice_id: invoice.id, token_id: good, processor, ...changes },
      { key: `charge-kill-${index}-${name}`, to: index + (how.to ?? 0), patient: how.patient ?? true },
    )
  const good = stage.token(accountId, 'good')
  const told = (answer: Answer | undefined): boolean => {
    if (answer === undefined) ledger.gone++
    else if (answer.status <= 202) {
      ledger.told.push({ id: answer.body.id, state: answer.body.state, invoiceId: invoice.id })
      return true
    } else if (answer.body?.code === 'over_allocation') ledger.refused++
    else ledger.unexpected.push(`job ${index}: a charge was answered with ${answer.status} ${answer.body?.code}`)
    return false
  }
  switch (Math.floor(index / 2) % 6) {
    case 0: {
      told(await pay('once'))
      return
    }
    case 1: {
      // The customer closes the window; nobody ever asks under this key again.
      told(await pay('gone', {}, { patient: false }))
      return
    }
    case 2: {
      const answers = await Promise.all([0, 1].map((to) => pay('twins', {}, { to })))
      for (const answer of answers) told(answer)
      if (new Set(answers.flatMap((answer) => answer?.body?.id ?? [])).size > 1)
        ledger.unexpected.push(`job ${index}: one intent became two charges`)
      return
    }
    case 3: {
      // Two windows, two intents, one invoice.
      const answers = await Promise.all([0, 1].map((to) => pay(`rival-${to}`, {}, { to })))
      for (const answer of answers) told(answer)
      return
    }
    case 4: {
      const refused = await pay('declined', { token_id: stage.token(accountId, 'bad') })
      if (told(refused) && refused?.body.state === 'succeeded')
        ledger.unexpected.push(`job ${index}: what the bank refuses was taken`)
      told(await pay('with-another-card'))
      return
    }
    default: {
      const half = Math.floor(invoice.payableMinor / 2)
      const parts = [half, invoice.payableMinor - half]
      const answers = await Promise.all(
        parts.map((amount_minor, to) => pay(`part-${to}`, { amount_minor }, { to, patient: to === 0 })),
      )
      for (const answer of answers) told(answer)
    }
  }
}

async function anInvoice({ client, issuerId, ledger }: Work, index: number, accountId: string): Promise<Asked> {
  const key = (name: string) => ({ 'idempotency-key': `charge-kill-${index}-${name}` })
  const form = { account_id: accountId, issuer_id: issuerId, currency: 'EUR', lines: [LINE] }
  const draft = await client.send(index, 'POST', '/v1/invoices', form, key('draft'))
  const issued = await client.send(index, 'POST', `/v1/invoices/${draft.body.id}/issue`, undefined, key('issue'))
  if (issued.status !== 200) throw new Error(`an invoice was answered with ${issued.status} ${issued.body?.code}`)
  const invoice = { id: issued.body.id, payableMinor: issued.body.totals.payable_minor }
  ledger.invoices.push(invoice)
  return invoice
}

/** @returns `undefined` where nobody was answered, and nobody asks again. */
async function charge(
  { stage, ledger, signal }: Work,
  body: ChargeRequest,
  { key, to, patient }: { key: string; to: number; patient: boolean },
): Promise<Answer | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    signal.throwIfAborted()
    const answer = await post(`${stage.processes[(to + attempt) % 2]?.service.url()}/v1/charges`, body, {
      authorization: `Bearer ${stage.apiKey}`,
      'idempotency-key': key,
    })
    if (answer && answer.status < 500 && answer.body?.code !== 'idempotency_in_progress') return answer
    if (answer?.status === 500) ledger.unexpected.push(`a charge was answered with 500 ${answer.body?.code}`)
    if (answer) ledger.again++
    else ledger.broken++
    if (!patient) return undefined
    await pause(AGAIN_MS)
  }
  return undefined
}

async function post(url: string, body: object, headers: Readonly<Record<string, string>>): Promise<Answer | undefined> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

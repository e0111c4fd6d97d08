import type { Client, Tally } from './client.ts'

/** A document that a client was told it has, under a number. */
export interface Acknowledged {
  readonly id: string
  readonly number: string
}

/** What a client is to do for one document. */
export interface Job {
  readonly index: number
  readonly accountId: string
  readonly issuerId: string
}

/** What came of the jobs. */
export interface Outcome {
  readonly invoices: Acknowledged[]
  readonly quotes: Acknowledged[]
  /** Drafts that must still be drafts, because what was asked of them is refused. */
  readonly refusedDrafts: string[]
}

/** No clock of any zone has reached it, however long this program is used. */
const DAY_IN_FUTURE = '2999-12-31'

const FORM = {
  currency: 'CHF',
  lines: [{ name: 'Beratung', quantity: '2', unit: 'HUR', price: '50.00', vat_category: 'S', vat_rate: '8.1' }],
}

/**
 * Does one job to its end, whatever is killed meanwhile. Of ten jobs, five make a draft and issue it; one each is refused for
 * its date, issues again under another key, issues at both processes at once under two keys, does so under one key, and comes
 * from a quote.
 *
 * @param run Begins every Idempotency-Key, so that two runs on one database are two intents.
 */
export async function doJob(client: Client, job: Job, run: string, tally: Tally, outcome: Outcome): Promise<void> {
  const { index, accountId, issuerId } = job
  const key = (step: string) => `${run}-${index}-${step}`
  const form = { ...FORM, account_id: accountId, issuer_id: issuerId }

  /** @returns The body, or undefined after noting that the answer was another one. */
  async function post(path: string, step: string, status: number, body?: object, to = index) {
    const answer = await client.send(to, 'POST', path, body, key(step))
    if (answer.status === status) return answer.body
    tally.unexpected.push(`POST ${path} was answered with ${answer.status} ${answer.body.code}, not ${status}`)
    return undefined
  }
  async function expectRefusal(path: string, step: string, status: number, code: string) {
    const answer = await client.send(index, 'POST', path, undefined, key(step))
    if (answer.status === status && answer.body.code === code) tally.refused++
    else tally.unexpected.push(`POST ${path} was answered with ${answer.status} ${answer.body.code}, not ${code}`)
  }
  const acknowledge = (invoice: { id: string; number: string } | undefined) => {
    if (invoice) outcome.invoices.push({ id: invoice.id, number: invoice.number })
  }

  switch (index % 10) {
    case 0: {
      const draft = await post('/v1/invoices', 'draft', 201, { ...form, issue_on: DAY_IN_FUTURE })
      if (!draft) return
      await expectRefusal(`/v1/invoices/${draft.id}/issue`, 'issue', 422, 'date_in_future')
      outcome.refusedDrafts.push(draft.id)
      return
    }
    case 1: {
      const draft = await post('/v1/invoices', 'draft', 201, form)
      if (!draft) return
      acknowledge(await post(`/v1/invoices/${draft.id}/issue`, 'issue', 200))
      await expectRefusal(`/v1/invoices/${draft.id}/issue`, 'again', 409, 'invalid_transition')
      return
    }
    case 2: {
      const draft = await post('/v1/invoices', 'draft', 201, form)
      if (!draft) return
      const path = `/v1/invoices/${draft.id}/issue`
      const answers = await Promise.all(
        [0, 1].map((to) => client.send(to, 'POST', path, undefined, key(`rival-${to}`))),
      )
      const [winner, loser] = answers.sort((a, b) => a.status - b.status)
      if (winner?.status !== 200 || loser?.status !== 409) {
        tally.unexpected.push(`two rivals at ${path} were answered with ${answers.map(({ status }) => status)}`)
        return
      }
      tally.refused++
      acknowledge(winner.body)
      return
    }
    case 3: {
      const draft = await post('/v1/invoices', 'draft', 201, form)
      if (!draft) return
      const twins = await Promise.all(
        [0, 1].map((to) => post(`/v1/invoices/${draft.id}/issue`, 'issue', 200, undefined, to)),
      )
      if (twins[0]?.number !== twins[1]?.number) {
        tally.unexpected.push(`one intent was told two numbers: ${twins.map((twin) => twin?.number)}`)
      }
      acknowledge(twins[0])
      return
    }
    case 4: {
      const draft = await post('/v1/quotes', 'quote', 201, form)
      const quote = draft && (await post(`/v1/quotes/${draft.id}/issue`, 'issue-quote', 200))
      if (!quote) return
      outcome.quotes.push({ id: quote.id, number: quote.number })
      const invoice = await post(`/v1/quotes/${quote.id}/accept`, 'accept', 201, {})
      if (invoice) acknowledge(await post(`/v1/invoices/${invoice.id}/issue`, 'issue', 200))
      return
    }
    default: {
      const draft = await post('/v1/invoices', 'draft', 201, form)
      if (draft) acknowledge(await post(`/v1/invoices/${draft.id}/issue`, 'issue', 200))
    }
  }
}

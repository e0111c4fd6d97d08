import type { PatientClient, Tally } from '../support/patient-client.ts'

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
  /** Drafts that must still be drafts, because what was asked of them is refused, or because nobody asked for more. */
  readonly refusedDrafts: string[]
  /** Drafts that were dropped, so that there is nothing of them any more, and above all no number. */
  readonly dropped: string[]
  /** Jobs whose order was refused, so that there is no document at all. */
  unmade: number
}

/** Days back from today that an order may be dated: over some months, so that issues meet in the series of earlier periods. */
const DAYS_BACK = 75

/** No clock of any zone has reached it, however long this program is used. */
const DAY_IN_FUTURE = '2999-12-31'

const FORM = {
  currency: 'CHF',
  lines: [{ name: 'Beratung', quantity: '2', unit: 'HUR', price: '50.00', vat_category: 'S', vat_rate: '8.1' }],
}

/**
 * Does one job to its end, whatever is killed meanwhile. Of sixteen jobs, five make a draft and issue it; one each is refused for
 * its date, issues again under another key, issues at both processes at once under two keys, does so under one key, and comes from
 * a quote; two are dated back, which the series may refuse; one is no order at all; and one leaves its draft and is refused a change
 * of the account for its version; one drops its draft, and one drops it at one process while it is issued at the other. Whoever hears that the draft was changed meanwhile asks again.
 *
 * @param run Begins every Idempotency-Key, so that two runs on one database are two intents.
 */
export async function doJob(
  client: PatientClient,
  job: Job,
  run: string,
  tally: Tally,
  outcome: Outcome,
): Promise<void> {
  const { index, accountId, issuerId } = job
  const key = (step: string) => ({ 'idempotency-key': `${run}-${index}-${step}` })
  const form = { ...FORM, account_id: accountId, issuer_id: issuerId }

  /** @returns The body, or undefined after noting that the answer was another one. */
  async function post(path: string, step: string, status: number, body?: object, to = index) {
    const answer = await issueAsItIs(to, path, body, key(step))
    if (answer.status === status) return answer.body
    tally.unexpected.push(`POST ${path} was answered with ${answer.status} ${answer.body.code}, not ${status}`)
    return undefined
  }
  /** A draft that somebody changed is to be looked at again; what these clients want of it stays the same. */
  async function issueAsItIs(to: number, path: string, body: object | undefined, headers: Record<string, string>) {
    for (;;) {
      const answer = await client.send(to, 'POST', path, body, headers)
      if (answer.status !== 409 || answer.body.code !== 'draft_changed') return answer
      tally.refused++
    }
  }
  async function expectRefusal(path: string, step: string, status: number, code: string) {
    const answer = await client.send(index, 'POST', path, undefined, key(step))
    if (answer.status === status && answer.body.code === code) tally.refused++
    else tally.unexpected.push(`POST ${path} was answered with ${answer.status} ${answer.body.code}, not ${code}`)
  }
  const acknowledge = (invoice: { id: string; number: string } | undefined) => {
    if (invoice) outcome.invoices.push({ id: invoice.id, number: invoice.number })
  }

  switch (index % 16) {
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
      const answers = await Promise.all([0, 1].map((to) => issueAsItIs(to, path, undefined, key(`rival-${to}`))))
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
    case 5:
    case 6: {
      // Numbers of a series never go back in time: whether this one still may depends on who was first.
      const issue_on = dayBack((index * 31) % DAYS_BACK)
      const draft = await post('/v1/invoices', 'draft', 201, { ...form, issue_on })
      if (!draft) return
      const path = `/v1/invoices/${draft.id}/issue`
      const answer = await issueAsItIs(index, path, undefined, key('issue'))
      if (answer.status === 200) acknowledge(answer.body)
      else if (answer.body.code === 'date_before_previous') {
        tally.refused++
        outcome.refusedDrafts.push(draft.id)
      } else tally.unexpected.push(`POST ${path} was answered with ${answer.status} ${answer.body.code}`)
      return
    }
    case 7: {
      const refused = { ...form, issue_on: '2026-02-30' }
      const answer = await client.send(index, 'POST', '/v1/invoices', refused, key('draft'))
      if (answer.status === 422) tally.refused++
      else tally.unexpected.push(`a day that is none was answered with ${answer.status}`)
      outcome.unmade++
      return
    }
    case 8: {
      const draft = await post('/v1/invoices', 'draft', 201, form)
      if (draft) outcome.refusedDrafts.push(draft.id)
      const stale = { 'if-match': '"999999"' }
      const answer = await client.send(index, 'PATCH', `/v1/accounts/${accountId}`, { name: 'Zu spät' }, stale)
      if (answer.status === 412) tally.refused++
      else tally.unexpected.push(`a stale version was answered with ${answer.status}`)
      return
    }
    case 9: {
      const draft = await post('/v1/invoices', 'draft', 201, form)
      if (!draft) return
      const answer = await client.send(index, 'DELETE', `/v1/invoices/${draft.id}`)
      if (answer.status !== 204) tally.unexpected.push(`a draft that was dropped was answered with ${answer.status}`)
      await expectRefusal(`/v1/invoices/${draft.id}/issue`, 'issue', 404, 'not_found')
      outcome.dropped.push(draft.id)
      return
    }
    case 10: {
      const draft = await post('/v1/invoices', 'draft', 201, form)
      if (!draft) return
      const path = `/v1/invoices/${draft.id}`
      const [issued, dropped] = await Promise.all([
        issueAsItIs(index, `${path}/issue`, undefined, key('issue')),
        client.send(index + 1, 'DELETE', path),
      ])
      // Either is right, and never both.
      tally.refused++
      if (issued.status === 200 && dropped.status === 409) acknowledge(issued.body)
      else if (issued.status === 404 && dropped.status === 204) outcome.dropped.push(draft.id)
      else tally.unexpected.push(`issued and dropped at once: ${issued.status} and ${dropped.status}`)
      return
    }
    default: {
      const draft = await post('/v1/invoices', 'draft', 201, form)
      if (draft) acknowledge(await post(`/v1/invoices/${draft.id}/issue`, 'issue', 200))
    }
  }
}

/** A day that has passed in every zone. */
function dayBack(days: number): string {
  return new Date(Date.now() - (days + 1) * 86_400_000).toISOString().slice(0, 10)
}

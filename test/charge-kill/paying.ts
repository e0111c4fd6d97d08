import { type Answer, anInvoice, ask, processorOf, type Work } from './asking.ts'

interface ChargeRequest {
  readonly invoice_id: string
  readonly token_id: string
  readonly processor: 'stripe' | 'paypal'
  readonly amount_minor?: number
}

/** One customer with one invoice, who pays it in the way that is this job's turn, at whatever process is alive. */
export async function pay(work: Work, index: number): Promise<void> {
  const { ledger, stage } = work
  const processor = processorOf(index)
  work.trouble(index)
  const accountId = work.accounts[index % work.accounts.length] as string
  const invoice = await anInvoice(work, index, accountId)
  const charge = (name: string, changes: Partial<ChargeRequest> = {}, how: { to?: number; patient?: boolean } = {}) =>
    ask(
      work,
      '/v1/charges',
      { invoice_id: invoice.id, token_id: good, processor, ...changes },
      { key: `charge-kill-${index}-${name}`, to: index + (how.to ?? 0), patient: how.patient ?? true },
    )
  const good = stage.token(accountId, 'good')
  const told = (answer: Answer | undefined): boolean => {
    if (answer === undefined) ledger.gone++
    else if (answer.status <= 202) {
      ledger.told.push({ id: answer.body.id, state: answer.body.state })
      return true
    } else if (answer.body?.code === 'over_allocation') ledger.refused++
    else ledger.unexpected.push(`job ${index}: a charge was answered with ${answer.status} ${answer.body?.code}`)
    return false
  }
  switch (Math.floor(index / 2) % 6) {
    case 0: {
      told(await charge('once'))
      return
    }
    case 1: {
      // The customer closes the window; nobody ever asks under this key again.
      told(await charge('gone', {}, { patient: false }))
      return
    }
    case 2: {
      const answers = await Promise.all([0, 1].map((to) => charge('twins', {}, { to })))
      for (const answer of answers) told(answer)
      if (new Set(answers.flatMap((answer) => answer?.body?.id ?? [])).size > 1)
        ledger.unexpected.push(`job ${index}: one intent became two charges`)
      return
    }
    case 3: {
      // Two windows, two intents, one invoice.
      const answers = await Promise.all([0, 1].map((to) => charge(`rival-${to}`, {}, { to })))
      for (const answer of answers) told(answer)
      return
    }
    case 4: {
      const refused = await charge('declined', { token_id: stage.token(accountId, 'bad') })
      if (told(refused) && refused?.body.state === 'succeeded')
        ledger.unexpected.push(`job ${index}: what the bank refuses was taken`)
      told(await charge('with-another-card'))
      return
    }
    default: {
      const half = Math.floor(invoice.payableMinor / 2)
      const parts = [half, invoice.payableMinor - half]
      const answers = await Promise.all(
        parts.map((amount_minor, to) => charge(`part-${to}`, { amount_minor }, { to, patient: to === 0 })),
      )
      for (const answer of answers) told(answer)
    }
  }
}

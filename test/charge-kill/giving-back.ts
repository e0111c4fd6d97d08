import { setTimeout as pause } from 'node:timers/promises'
import { type Answer, anInvoice, ask, processorOf, type Work } from './asking.ts'
import { type DisputeNews, newsOfDispute, newsOfRefund, refundElsewhere } from './elsewhere.ts'
import { tell } from './messenger.ts'

/** A charge that took money. */
interface Charged {
  readonly id: string
  readonly reference: string
  readonly minor: number
}

const WAYS = 11
/** From one way to the next, so that disputes are never far off. */
const STRIDE = 4
const LOOK_MS = 50
const LOOKS_MAX = 100

/** One customer who pays an invoice and gets money back, in the way that is this job's turn, at whatever process is alive. */
export async function giveBack(work: Work, index: number): Promise<void> {
  const { ledger, stage } = work
  const processor = processorOf(index)
  const charged = await aCharge(work, index)
  // Whatever became of it: nothing goes back of what was not taken, and the verdict looks at it all the same.
  if (charged === undefined) return
  work.trouble(index)
  const { id, reference, minor } = charged
  const half = Math.floor(minor / 2)
  const refund = async (name: string, amount_minor: number, how: { to?: number; patient?: boolean } = {}) => {
    const asking = { key: `charge-kill-${index}-${name}`, to: index + (how.to ?? 0), patient: how.patient ?? true }
    return told(await ask(work, `/v1/charges/${id}/refunds`, { amount_minor }, asking))
  }
  const told = (answer: Answer | undefined): Answer | undefined => {
    if (answer === undefined) ledger.gone++
    else if (answer.status <= 202) ledger.refunds.push({ id: answer.body.id, state: answer.body.state })
    else if (answer.body?.code === 'refund_exceeds_charge') ledger.refused++
    else ledger.unexpected.push(`job ${index}: a refund was answered with ${answer.status} ${answer.body?.code}`)
    return answer
  }
  const way = (Math.floor(index / 2) * STRIDE) % WAYS
  // PayPal tells what it gives back as a refund as well.
  const toldTwice = way === 7 && processor === 'paypal'
  const dispute = { reference: `dispute_${index}`, minor: toldTwice ? half : minor }
  const says = (state: DisputeNews, second: number, to = 0) => {
    const news = newsOfDispute(stage.processors, processor, reference, { ...dispute, state })
    return tell(work, processor, `${dispute.reference}_${state}_${second}`, news, { second, to: index + to })
  }
  const disputed = (last: DisputeNews) =>
    ledger.disputes.push({
      reference: dispute.reference,
      processor,
      chargeId: id,
      amountMinor: dispute.minor,
      last,
      toldTwice,
    })

  switch (way) {
    case 0: {
      await refund('once', minor)
      return
    }
    case 1: {
      // Nobody ever asks under this key again.
      await refund('gone', half, { patient: false })
      return
    }
    case 2: {
      const answers = await Promise.all([0, 1].map((to) => refund('twins', half, { to })))
      if (new Set(answers.flatMap((answer) => answer?.body?.id ?? [])).size > 1)
        ledger.unexpected.push(`job ${index}: one intent became two refunds`)
      return
    }
    case 3: {
      // Two people, two intents, and not enough for both.
      await Promise.all([0, 1].map((to) => refund(`rival-${to}`, half + 1, { to })))
      return
    }
    case 4: {
      await Promise.all([half, minor - half].map((part, to) => refund(`part-${to}`, part, { to, patient: to === 0 })))
      return
    }
    case 5: {
      // The processor tells of it as well, perhaps before its answer is written down.
      await Promise.all([refund('told', half), tellOfRefunds(work, index, reference)])
      return
    }
    case 6: {
      const news = refundElsewhere(stage.processors, processor, reference, half)
      await Promise.all([
        refund('beside', minor - half),
        ...[0, 1].map((to) => tell(work, processor, `dashboard_${index}`, news, { second: 1, to: index + to })),
      ])
      return
    }
    case 7: {
      disputed('lost')
      // Late, early and again.
      const accepted = toldTwice ? refundElsewhere(stage.processors, processor, reference, half) : undefined
      await Promise.all([
        says('lost', 2),
        says('needs_response', 1, 1),
        says('lost', 2, 1),
        says('lost', 3),
        accepted && tell(work, processor, `accepted_${index}`, accepted, { second: 2, to: index }),
      ])
      return
    }
    case 8:
    case 9: {
      disputed('won')
      await says('lost', 1)
      await untilWrittenDown(work, id, index)
      await Promise.all([says('won', 2), says('won', 3, 1), says('won', 4)])
      return
    }
    default: {
      disputed('lost')
      await Promise.all([says('lost', 1), refund('disputed', half, { to: 1 })])
    }
  }
}

async function aCharge(work: Work, index: number): Promise<Charged | undefined> {
  const { ledger, stage } = work
  const accountId = work.accounts[index % work.accounts.length] as string
  const invoice = await anInvoice(work, index, accountId)
  const body = { invoice_id: invoice.id, token_id: stage.token(accountId, 'good'), processor: processorOf(index) }
  const answer = await ask(work, '/v1/charges', body, { key: `charge-kill-${index}-pay`, to: index, patient: true })
  if (answer === undefined) ledger.gone++
  else if (answer.status > 202) ledger.unexpected.push(`job ${index}: a charge was answered with ${answer.status}`)
  else {
    const { id, state, reference } = answer.body
    ledger.told.push({ id, state })
    if (state === 'succeeded') return { id, reference, minor: invoice.payableMinor }
  }
  return undefined
}

/** Has the processor tell of each refund that it has made of a charge, as soon as it has. */
async function tellOfRefunds(work: Work, index: number, charge: string): Promise<void> {
  const { processors } = work.stage
  const processor = processorOf(index)
  for (let times = 0; times < LOOKS_MAX; times++) {
    const made = processors.sentBack().filter((one) => one.charge === charge)
    for (const { reference } of made) {
      const news = newsOfRefund(processors, processor, reference)
      await tell(work, processor, `refund_${index}`, news, { second: 1, to: index + 1 })
    }
    if (made.length > 0) return
    await pause(LOOK_MS)
  }
}

/** Waits until a dispute of a charge is known. */
async function untilWrittenDown({ client }: Work, chargeId: string, index: number): Promise<void> {
  for (let times = 0; times < LOOKS_MAX; times++) {
    const { body } = await client.send(index, 'GET', `/v1/disputes?charge_id=${chargeId}`)
    if (body.data.length > 0) return
    await pause(LOOK_MS)
  }
}

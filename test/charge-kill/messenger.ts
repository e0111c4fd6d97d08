import { setTimeout as pause } from 'node:timers/promises'
import { paypalDelivery, paypalEvent, stripeDelivery, stripeEvent } from '@kontor/processors/testing'
import { post, type Work } from './asking.ts'
import type { News } from './elsewhere.ts'
import { PAYPAL_SIGNATURE, WEBHOOK_SECRET } from './till.ts'

const AGAIN_MS = 50

/** When it happened by the processor's clock, in seconds after all else; and at which process it is delivered first. */
export interface Told {
  readonly second: number
  readonly to: number
}

const BEGINNING_MS = Date.now() - 3_600_000

/** Has a processor tell of something, as long as it takes until that is taken. The same name is the same event. */
export async function tell(
  work: Pick<Work, 'stage' | 'ledger' | 'signal'>,
  processor: 'stripe' | 'paypal',
  name: string,
  { type, object }: News,
  { second, to }: Told,
): Promise<void> {
  const { stage, ledger, signal } = work
  const createdMs = BEGINNING_MS + second * 1_000
  const event = `evt_${name}`
  const deliveryNow = () =>
    processor === 'stripe'
      ? stripeDelivery(stripeEvent(event, type, object, { createdMs }), WEBHOOK_SECRET, Date.now())
      : paypalDelivery(paypalEvent(event, type, object, createdMs), PAYPAL_SIGNATURE)
  for (let attempt = 0; ; attempt++) {
    signal.throwIfAborted()
    const { body, headers } = deliveryNow()
    const url = `${stage.processes[(to + attempt) % 2]?.service.url()}/v1/processors/${processor}/webhooks/${stage.tenant}/test`
    const answer = await post(url, body, headers)
    if (answer?.status === 200) return void ledger.taken.push(event)
    if (answer === undefined) ledger.broken++
    else if (answer.status === 503) ledger.again++
    else {
      ledger.unexpected.push(`${event} was answered with ${answer.status} ${answer.body?.code}`)
      return
    }
    await pause(AGAIN_MS)
  }
}

import type { ExecutionContext } from 'ava'
import type { Processing } from '../../../../test/support/invoicing.ts'
import type { Chargeable, ChargeStage } from './charge-stage.ts'
import { chargesOf, obedientProcessor, putRules } from './obedient-processor.ts'

/** What asking for the credentials of the second processor, or how it knows the instrument, ends with. */
export interface Refusal {
  processor?: () => never
  registration?: () => Promise<void>
}

interface Faults {
  refusal: Refusal
  /** What happens between the choice of a processor and the claim. */
  meanwhile?: (() => Promise<void>) | undefined
}

/** Charges that the rules of a tenant send to one of two processors, on a stage that is opened with `processing`. */
export function routing(stage: () => ChargeStage) {
  const [stripe, other] = [obedientProcessor('stripe'), obedientProcessor('test')]
  const faults: Faults = { refusal: {} }
  const list = (of: Chargeable) => chargesOf(stage(), of)

  return {
    stripe,
    other,
    faults,
    list,
    processing: {
      processorOf: async (_owner, name) => {
        if (name === 'test') faults.refusal.processor?.()
        return name === 'test' ? other.processor : stripe.processor
      },
      registrationOf: async (_owner, tokenId, name) => {
        await faults.meanwhile?.()
        if (name === 'test') await faults.refusal.registration?.()
        return { type: 'card', instrument: `test_instrument_${tokenId}` }
      },
    } satisfies Processing,

    reset(): void {
      faults.refusal = {}
      for (const { told } of [stripe, other]) Object.assign(told, { does: {}, asked: [] })
    },

    rules: (given: readonly object[]) => putRules(stage(), { rules: given }),

    /** Leaves the processor to the rules. */
    charge: (of: Chargeable, changes: object = {}, key?: string) =>
      stage().charge(of, { processor: undefined, ...changes }, key === undefined ? {} : { key }),

    /** What was taken of an invoice, and by whom. */
    async taken(t: ExecutionContext, of: Chargeable, by: string | undefined): Promise<void> {
      const succeeded = (await list(of)).filter(({ state }: { state: string }) => state === 'succeeded')
      t.deepEqual(
        succeeded.map(({ processor }: { processor: string }) => processor),
        by === undefined ? [] : [by],
      )
      t.like(await stage().read(of), { payment_status: by === undefined ? 'open' : 'paid' })
    },
  }
}

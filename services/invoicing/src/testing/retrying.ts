import type { Processing } from '../../../../test/support/invoicing.ts'
import type { Chargeable, ChargeStage } from './charge-stage.ts'
import { chargesOf, obedientProcessor, putRules, SOFT } from './obedient-processor.ts'

const HOUR_MS = 3_600_000

/** Charges that are declined and tried again, on a stage that is opened with `processing`. */
export function retrying(stage: () => ChargeStage) {
  const { processor, whole, told } = obedientProcessor('test')
  /** What asking the vault, or for credentials, ends with. */
  const faults: { refused: Error | undefined } = { refused: undefined }
  const rules = (given: object) => putRules(stage(), given)

  return {
    whole,
    told,
    faults,
    rules,
    processing: {
      processorOf: async (_owner, name) => {
        if (faults.refused) throw faults.refused
        return { ...processor, name }
      },
    } satisfies Processing,

    async reset(): Promise<void> {
      Object.assign(told, { does: {}, asked: [] })
      faults.refused = undefined
      await rules({ rules: [{ processors: ['test'] }], retry_after_hours: [24, 72] })
    },

    /** A charge of an absent payer that is declined softly. */
    async declined(of: Chargeable, changes: object = {}, key?: string) {
      told.does = { confirm: SOFT }
      const options = key === undefined ? {} : { key }
      const reply = await stage().charge(of, { processor: undefined, off_session: true, ...changes }, options)
      told.does = {}
      told.asked.length = 0
      return reply.body
    },

    async pass(hours: number): Promise<void> {
      stage().kontor.clock.advance(hours * HOUR_MS)
      await stage().later()
    },
    inHours: (hours: number) => new Date(stage().kontor.clock.nowMs() + hours * HOUR_MS).toISOString(),
    list: (of: Chargeable) => chargesOf(stage(), of),
    pay: (of: Chargeable, amount_minor: number) =>
      stage().kontor.call('POST', '/v1/payments', {
        invoice_id: of.invoice.id,
        method: 'cash',
        amount_minor,
        currency: 'CHF',
        received_on: '2026-11-23',
      }),
  }
}

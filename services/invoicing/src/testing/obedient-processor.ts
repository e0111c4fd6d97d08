import { parseId } from '@kontor/ids'
import { memoryTestStore, type Processor, testProcessor } from '@kontor/processors'
import { type Chargeable, type ChargeStage, instead } from './charge-stage.ts'

export const SOFT = async () => ({ outcome: 'declined', reason: 'insufficient_funds', soft: true }) as const
export const HARD = async () => ({ outcome: 'declined', reason: 'lost_or_stolen', soft: false }) as const
export const UNKNOWN = async () => ({ outcome: 'unknown', because: 'timeout' }) as const
export const NOT_SENT = async () => ({ outcome: 'not_sent', because: 'unreachable' }) as const
export const dies = async (): Promise<never> => {
  throw new Error('the process ends here')
}
/** Does it, and tells nobody. */
export const dying = <Request>(method: (request: Request) => Promise<unknown>) => {
  return async (request: Request): Promise<never> => {
    await method(request)
    return dies()
  }
}

/** A processor that does as it is told, and otherwise takes the money. */
export function obedientProcessor(name: Processor['name']) {
  const whole: Processor = { ...testProcessor({ store: memoryTestStore() }), name }
  const told: { does: Partial<Processor>; asked: string[] } = { does: {}, asked: [] }
  const processor = instead(whole, {
    create(request) {
      told.asked.push(request.idempotencyKey)
      return (told.does.create ?? whole.create)(request)
    },
    confirm(request) {
      told.asked.push(request.idempotencyKey)
      return (told.does.confirm ?? whole.confirm)(request)
    },
    retrieve: (reference) => (told.does.retrieve ?? whole.retrieve)(reference),
  })
  return { processor, whole, told }
}

/** Replaces the charge rules of the tenant. */
export async function putRules({ kontor }: ChargeStage, given: object): Promise<void> {
  const { version } = (await kontor.call('GET', '/v1/charge-rules')).body
  const headers = { 'if-match': `"${version}"` }
  const { status } = await kontor.call('PUT', '/v1/charge-rules', given, { headers })
  if (status !== 200) throw new Error(`the rules were answered with ${status}`)
}

/** Every attempt for an invoice, the first one first. */
export const chargesOf = async ({ kontor }: ChargeStage, { invoice }: Chargeable) =>
  (await kontor.call('GET', `/v1/charges?invoice_id=${invoice.id}`)).body.data

/** What happened to a charge; of one transaction, in no order. */
export const eventsOf = async ({ kontor }: ChargeStage, id: string): Promise<string[]> => {
  const rows = await kontor.sql<{ type: string }>('select type from event where object_id = $1 order by tx, id', [
    parseId('chg', id),
  ])
  return rows.map(({ type }) => type)
}

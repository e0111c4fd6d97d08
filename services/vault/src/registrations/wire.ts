import { formatId } from '@kontor/ids'
import { DECLINE_REASONS, type PayerAction } from '@kontor/processors'
import type { AttemptId, Told } from '../registration-ledger/registration.ts'
import type { ListedRegistration as ListedWire, Registration } from './schema.ts'
import type { ListedRegistration } from './service.ts'

/** @param action What the payer has to do, where the processor has just said so: it is stored nowhere. */
export function toWire(
  { tokenId, processor }: Pick<AttemptId, 'tokenId' | 'processor'>,
  told: Told,
  action?: PayerAction,
): Registration {
  return {
    token_id: formatId('tok', tokenId),
    processor,
    state: told.state,
    reference: told.state === 'registered' ? { ...told.reference } : null,
    action: action ? actionToWire(action) : null,
    decline: told.state === 'declined' ? { reason: told.reason, soft: DECLINE_REASONS[told.reason] === 'soft' } : null,
  }
}

export const toListedWire = ({ id, told, ord, outdated }: ListedRegistration): ListedWire => ({
  ...toWire(id, told),
  attempt: ord,
  outdated,
})

function actionToWire(action: PayerAction): NonNullable<Registration['action']> {
  return action.type === 'redirect'
    ? { type: action.type, url: action.url }
    : { type: action.type, client_secret: action.clientSecret }
}

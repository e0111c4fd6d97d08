import { formatId } from '@kontor/ids'
import { displayInstrument, type Secret } from '@kontor/payment-data'
import { type Field, pickFields } from './fields.ts'
import type { ClearInstrument, SealedInstrument } from './instrument.ts'
import type { RevealedWire, TokenWire } from './schema.ts'
import type { Token } from './token.ts'

/** A token as it goes over the wire, masked. */
export function toWire(token: Token): TokenWire {
  return {
    ...identity(token),
    display: displayInstrument(token.clear),
    ...details(token.clear),
    // In one order, whatever order they came in and the database has them in: a replay answers the same bytes.
    metadata: Object.fromEntries(Object.entries(token.metadata).sort(([a], [b]) => (a < b ? -1 : 1))),
    expires_at: token.expiresAt?.toISOString() ?? null,
    version: token.version,
    created_at: token.createdAt.toISOString(),
  }
}

/** A token with the fields that were asked for: the one place where an opened record leaves the vault. */
export function toRevealedWire(token: Token, opened: Secret<SealedInstrument>, fields: readonly Field[]): RevealedWire {
  return { ...identity(token), ...pickFields(opened.reveal(), fields) }
}

function identity(token: Token): Pick<TokenWire, 'id' | 'mode' | 'type' | 'account_id'> {
  return {
    id: formatId('tok', token.id),
    mode: token.mode,
    type: token.clear.type,
    account_id: token.accountId === null ? null : formatId('acc', token.accountId),
  }
}

function details(clear: ClearInstrument): Pick<TokenWire, 'card' | 'bank_account' | 'paypal_account'> {
  switch (clear.type) {
    case 'card':
      return {
        card: {
          brand: clear.brand,
          ...(clear.bin !== undefined && { bin: clear.bin }),
          last_four: clear.lastFour,
          expiry_month: clear.expiryMonth,
          expiry_year: clear.expiryYear,
        },
      }
    case 'bank_account':
      return {
        bank_account: {
          country: clear.country,
          last_four: clear.lastFour,
          ...(clear.routingNumber !== undefined && { routing_number: clear.routingNumber }),
          ...(clear.accountType !== undefined && { account_type: clear.accountType }),
        },
      }
    case 'paypal_account':
      return { paypal_account: { masked_email: clear.maskedEmail } }
  }
}

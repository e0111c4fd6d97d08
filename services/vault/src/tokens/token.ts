import type { Mode } from '@kontor/http-api'
import type { CardBrand } from '@kontor/payment-data'
import type { ClearInstrument } from './instrument.ts'

/** A stored instrument, as far as it can be seen without a key. */
export interface Token {
  readonly id: string
  readonly tenantId: string
  readonly mode: Mode
  /** `null` for a guest's. */
  readonly accountId: string | null
  /** UUID of whose data it is, and whose DEK seals it: the account's subject, or the token itself where there is none. */
  readonly subjectId: string
  readonly clear: ClearInstrument
  readonly metadata: Readonly<Record<string, string>>
  readonly version: number
  readonly createdAt: Date
  /** From this instant on the token is gone; `null` for one without end. */
  readonly expiresAt: Date | null
}

/** The columns of `token` that hold what is seen of an instrument; null where the type has no such thing. */
export interface ClearColumns {
  readonly type: ClearInstrument['type']
  readonly brand: string | null
  readonly bin: string | null
  readonly last_four: string | null
  readonly expiry_month: number | null
  readonly expiry_year: number | null
  readonly bank_country: string | null
  readonly routing_number: string | null
  readonly bank_account_type: string | null
  readonly masked_email: string | null
}

/** A row of `token` that is not deleted, masked. */
export interface TokenRow extends ClearColumns {
  readonly id: string
  readonly tenant_id: string
  readonly mode: Mode
  readonly account_id: string | null
  readonly subject_id: string
  readonly metadata: Record<string, string>
  readonly version: number
  readonly created_at: Date
  readonly expires_at: Date | null
}

export function fromRow(row: TokenRow): Token {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    mode: row.mode,
    accountId: row.account_id,
    subjectId: row.subject_id,
    clear: clearFromRow(row),
    metadata: row.metadata,
    version: row.version,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }
}

/** A check constraint of the table says which columns each type has, so that none of them is null here. */
function clearFromRow(row: ClearColumns): ClearInstrument {
  switch (row.type) {
    case 'card':
      return {
        type: 'card',
        brand: row.brand as CardBrand,
        bin: row.bin ?? undefined,
        lastFour: row.last_four as string,
        expiryMonth: row.expiry_month as number,
        expiryYear: row.expiry_year as number,
      }
    case 'bank_account':
      return {
        type: 'bank_account',
        country: row.bank_country as string,
        lastFour: row.last_four as string,
        routingNumber: row.routing_number ?? undefined,
        accountType: (row.bank_account_type ?? undefined) as 'checking' | 'savings' | undefined,
      }
    case 'paypal_account':
      return { type: 'paypal_account', maskedEmail: row.masked_email as string }
  }
}

/** What is seen of an instrument, as columns; a column that is left out is null. */
export function clearToRow(clear: ClearInstrument): Partial<ClearColumns> {
  switch (clear.type) {
    case 'card':
      return {
        type: clear.type,
        brand: clear.brand,
        bin: clear.bin ?? null,
        last_four: clear.lastFour,
        expiry_month: clear.expiryMonth,
        expiry_year: clear.expiryYear,
      }
    case 'bank_account':
      return {
        type: clear.type,
        bank_country: clear.country,
        last_four: clear.lastFour,
        routing_number: clear.routingNumber ?? null,
        bank_account_type: clear.accountType ?? null,
      }
    case 'paypal_account':
      return { type: clear.type, masked_email: clear.maskedEmail }
  }
}

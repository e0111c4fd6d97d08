import { formatId } from '@kontor/ids'
import { isValidIban } from '@kontor/payment-data'
import type { Static } from 'typebox'
import type { CreateIssuer, IssuerWire, PayeeAccountWire } from './schema.ts'

export type PayeeAccount = Static<typeof PayeeAccountWire>

export interface PostalAddress {
  readonly street?: string
  readonly street_2?: string
  readonly postal_code?: string
  readonly city?: string
  readonly region?: string
  readonly country: string
}

/** A legal entity of a tenant that issues documents, as it is stored. */
export interface Issuer {
  readonly id: string
  readonly mode: 'test' | 'live'
  readonly external_id: string | null
  readonly name: string
  readonly trading_name: string | null
  readonly legal_id: string | null
  readonly vat_id: string | null
  readonly tax_number: string | null
  readonly address: PostalAddress
  readonly contact_name: string | null
  readonly phone: string | null
  readonly email: string | null
  readonly endpoint: { scheme: string; id: string } | null
  readonly payee_accounts: readonly PayeeAccount[]
  readonly time_zone: string
  readonly currency: string
  readonly language: 'de' | 'en'
  /** Up to which amount a remainder on an invoice is not worth asking for. */
  readonly small_difference_minor: bigint
  readonly logo_sha256: Buffer | null
  readonly version: number
  readonly created_at: Date
}

/** @returns A warning for each payee account whose check digits are wrong: it is printed as given, and pays nobody. */
export function payeeWarnings(accounts: readonly PayeeAccount[], path: string) {
  return accounts.flatMap((account, index) =>
    account.iban !== undefined && !isValidIban(account.iban)
      ? [
          {
            path: `${path}/${index}/iban`,
            code: 'iban_check_failed',
            message: 'the check digits of this IBAN do not match',
          },
        ]
      : [],
  )
}

export function toWire(issuer: Issuer): Static<typeof IssuerWire> {
  const { id, logo_sha256, created_at, payee_accounts, ...rest } = issuer
  return {
    id: formatId('iss', id),
    ...rest,
    payee_accounts: [...payee_accounts],
    small_difference_minor: Number(issuer.small_difference_minor),
    has_logo: logo_sha256 !== null,
    warnings: payeeWarnings(payee_accounts, '/payee_accounts'),
    created_at: created_at.toISOString(),
  }
}

/** The stored form of a request, with the defaults of the home market. */
export function fromRequest(
  body: Static<typeof CreateIssuer>,
): Omit<Issuer, 'id' | 'mode' | 'version' | 'created_at' | 'logo_sha256'> {
  return {
    external_id: body.external_id ?? null,
    name: body.name,
    trading_name: body.trading_name ?? null,
    legal_id: body.legal_id ?? null,
    vat_id: body.vat_id ?? null,
    tax_number: body.tax_number ?? null,
    address: body.address,
    contact_name: body.contact_name ?? null,
    phone: body.phone ?? null,
    email: body.email ?? null,
    endpoint: body.endpoint ?? null,
    payee_accounts: body.payee_accounts ?? [],
    time_zone: body.time_zone ?? 'Europe/Zurich',
    currency: body.currency ?? 'CHF',
    language: body.language ?? 'de',
    small_difference_minor: BigInt(body.small_difference_minor ?? 0),
  }
}

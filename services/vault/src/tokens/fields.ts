import type { ClearInstrument, SealedInstrument } from './instrument.ts'

/** What of each type can be revealed, one by one: the last part of the scope `token.reveal:<type>:<field>`. */
export const FIELDS_OF_TYPE = {
  card: ['number', 'expiry', 'holder_name'],
  bank_account: ['iban', 'bic', 'account_number', 'holder_name'],
  paypal_account: ['email', 'payer_id', 'holder_name'],
} as const satisfies Readonly<Record<ClearInstrument['type'], readonly string[]>>

/** A part of an instrument that is revealed by itself. */
export type Field = (typeof FIELDS_OF_TYPE)[ClearInstrument['type']][number]

/** Every field, once. */
export const FIELDS: readonly Field[] = [...new Set(Object.values(FIELDS_OF_TYPE).flat())]

/** @returns The scope that a field of a type needs; no role includes it. */
export function revealScope(type: ClearInstrument['type'], field: Field): string {
  return `token.reveal:${type}:${field}`
}

/** @returns The first of the fields that no instrument of the type has. */
export function fieldNotOfType(type: ClearInstrument['type'], fields: readonly Field[]): Field | undefined {
  const known: readonly Field[] = FIELDS_OF_TYPE[type]
  return fields.find((field) => !known.includes(field))
}

/** @returns The first of the fields that a bank account of the other form has: by IBAN, or in the United States. */
export function fieldNotOfForm(clear: ClearInstrument, fields: readonly Field[]): Field | undefined {
  if (clear.type !== 'bank_account') return undefined
  const others: readonly Field[] = clear.routingNumber === undefined ? ['account_number'] : ['iban', 'bic']
  return fields.find((field) => others.includes(field))
}

/** @returns The asked parts of what was sealed, and nothing else. A US account number comes with its bank and its kind. */
export function pickFields(sealed: SealedInstrument, fields: readonly Field[]): Partial<SealedInstrument> {
  const asked = new Set<Field>(fields)
  const { card, bank_account: bank, paypal_account: paypal, holder } = sealed
  const shown = {
    card: card && {
      ...(asked.has('number') && { number: card.number }),
      ...(asked.has('expiry') && { expiry_month: card.expiry_month, expiry_year: card.expiry_year }),
    },
    bank_account: bank && {
      ...(asked.has('iban') && bank.iban !== undefined && { iban: bank.iban }),
      ...(asked.has('bic') && bank.bic !== undefined && { bic: bank.bic }),
      ...(asked.has('account_number') &&
        bank.account_number !== undefined && {
          routing_number: bank.routing_number,
          account_number: bank.account_number,
          account_type: bank.account_type,
        }),
    },
    paypal_account: paypal && {
      ...(asked.has('email') && { email: paypal.email }),
      ...(asked.has('payer_id') && { payer_id: paypal.payer_id }),
    },
    holder: asked.has('holder_name') ? { name: holder.name } : undefined,
  }
  return Object.fromEntries(
    Object.entries(shown).filter(([, member]) => member !== undefined && Object.keys(member).length > 0),
  )
}

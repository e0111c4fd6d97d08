import { isDeepStrictEqual } from 'node:util'
import type { Subkeys } from '../keys/subkeys.ts'
import { fingerprints } from './fingerprint.ts'
import { type Instrument, instrumentOf, type SealedInstrument } from './instrument.ts'
import type { Token } from './token.ts'

/** What a token is to be; what is left out stays as it is. */
export interface Wanted {
  readonly sealed?: SealedInstrument
  readonly metadata?: Readonly<Record<string, string>>
  readonly expiresAt?: Date | null
}

/** A token that is to take the place of an older version of itself. */
export interface Revision {
  readonly token: Token
  readonly instrument: Instrument
  readonly fullFingerprint: Buffer
  /** Names of what changed, in the order of the alphabet: never the values. */
  readonly changed: readonly string[]
}

/**
 * Works out the next version of a token.
 *
 * @param opened What is sealed now.
 * @returns `undefined` when everything is as it was.
 */
export function revise(
  token: Token,
  opened: SealedInstrument,
  { sealed = opened, metadata = token.metadata, expiresAt = token.expiresAt }: Wanted,
  subkeys: Subkeys,
): Revision | undefined {
  const changed = changedFields(opened, sealed)
  if (!isDeepStrictEqual({ ...token.metadata }, { ...metadata })) changed.push('metadata')
  if (token.expiresAt?.getTime() !== expiresAt?.getTime()) changed.push('expires_at')
  if (changed.length === 0) return undefined
  const instrument = instrumentOf(sealed)
  return {
    token: { ...token, clear: instrument.clear, metadata, expiresAt, version: token.version + 1 },
    instrument,
    fullFingerprint: fingerprints(instrument, subkeys).full,
    changed: changed.sort(),
  }
}

function changedFields(before: SealedInstrument, after: SealedInstrument): string[] {
  const changed: string[] = []
  const differ = (name: string, a: unknown, b: unknown) => {
    if (!isDeepStrictEqual(a, b)) changed.push(name)
  }
  const expiry = ({ card }: SealedInstrument) => [card?.expiry_year, card?.expiry_month]
  differ('expiry', expiry(before), expiry(after))
  differ('holder', before.holder.name, after.holder.name)
  differ('bic', before.bank_account?.bic, after.bank_account?.bic)
  differ('account_type', before.bank_account?.account_type, after.bank_account?.account_type)
  differ('email', before.paypal_account?.email, after.paypal_account?.email)
  return changed
}

/**
 * What a token of the same number becomes when its instrument is sent again: what was sent, and what was not sent as it was.
 */
export function sentAgain(before: SealedInstrument, sent: SealedInstrument): SealedInstrument {
  const { bank_account: bank } = sent
  // The BIC is optional, so its absence says nothing.
  return bank ? { ...sent, bank_account: { ...before.bank_account, ...bank } } : sent
}

import { type HolderName, parseExpiry, parseHolderName } from '@kontor/payment-data'
import { FieldNotOfType, TooManyMetadata } from './errors.ts'
import { parseExpiresAt } from './expires-at.ts'
import { at, lastCalendarDate, refusePaymentData, type SealedInstrument } from './instrument.ts'
import type { UpdateTokenBody } from './request-schema.ts'
import type { Wanted } from './revise.ts'
import type { Token } from './token.ts'

const METADATA_MAX = 50

/**
 * Applies a merge patch to a token.
 *
 * @param opened What is sealed now.
 * @throws {DomainError} 422, naming the field at fault and never its content.
 * @see RFC 7396
 */
export function applyPatch(token: Token, opened: SealedInstrument, patch: UpdateTokenBody, now: Date): Wanted {
  return {
    sealed: patchedSealed(opened, patch, now),
    ...(patch.metadata !== undefined && { metadata: patchedMetadata(token.metadata, patch.metadata) }),
    ...(patch.expires_at !== undefined && { expiresAt: patchedEnd(patch.expires_at, now) }),
  }
}

function patchedSealed(opened: SealedInstrument, { card, holder }: UpdateTokenBody, now: Date): SealedInstrument {
  const name: HolderName | string =
    holder === undefined ? opened.holder.name : at('/holder/name', () => parseHolderName(holder.name)).reveal()
  if (card === undefined) return { ...opened, holder: { name } }
  if (opened.card === undefined) throw new FieldNotOfType().at('/card')
  const { expiry_month = opened.card.expiry_month, expiry_year = opened.card.expiry_year } = card
  const { month, year } = at('/card/expiry_month', () => parseExpiry(expiry_month, expiry_year, lastCalendarDate(now)))
  return { card: { ...opened.card, expiry_month: month, expiry_year: year }, holder: { name } }
}

function patchedMetadata(
  before: Readonly<Record<string, string>>,
  patch: Readonly<Record<string, string | null>> | null,
): Record<string, string> {
  if (patch === null) return {}
  const merged = new Map<string, string | null>([...Object.entries(before), ...Object.entries(patch)])
  const metadata = Object.fromEntries([...merged].filter((entry): entry is [string, string] => entry[1] !== null))
  if (Object.keys(metadata).length > METADATA_MAX) throw new TooManyMetadata().at('/metadata')
  refusePaymentData(metadata)
  return metadata
}

function patchedEnd(text: string | null, now: Date): Date | null {
  return text === null ? null : at('/expires_at', () => parseExpiresAt(text, now))
}

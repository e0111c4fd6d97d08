import { IntegrityViolation, openRecord, sealRecord } from '@kontor/jose-box'
import { Secret } from '@kontor/payment-data'
import type { Dek } from '../keys/deks.ts'
import type { SealedInstrument } from './instrument.ts'
import type { Token } from './token.ts'

/**
 * Everything that decides whose the record is stands in its protected header. On a row of another tenant, mode, subject,
 * token, type or version, or under another key, it does not open.
 */
function headerOf(token: Token, dekVersion: number) {
  return {
    ten: token.tenantId,
    mod: token.mode,
    sub: token.subjectId,
    tok: token.id,
    typ: token.clear.type,
    ver: token.version,
    kid: `${token.subjectId}.${dekVersion}`,
  }
}

/** @returns A compact JWE (RFC 7516). */
export function sealInstrument(instrument: Secret<SealedInstrument>, dek: Dek, token: Token): string {
  return sealRecord(Buffer.from(JSON.stringify(instrument.reveal())), dek.key, headerOf(token, dek.version))
}

/**
 * @param record As it stands on the row of `token`.
 * @throws {IntegrityViolation} It was not sealed under this key for this row, or is not of our form.
 */
export function openInstrument(record: string, dek: Dek, token: Token): Secret<SealedInstrument> {
  const plaintext = openRecord(record, dek.key, headerOf(token, dek.version))
  try {
    return new Secret(JSON.parse(plaintext.toString()) as SealedInstrument)
  } catch {
    throw new IntegrityViolation()
  }
}

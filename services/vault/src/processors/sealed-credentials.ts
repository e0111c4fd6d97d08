import type { Mode } from '@kontor/http-api'
import { IntegrityViolation, openRecord, sealRecord } from '@kontor/jose-box'
import { Secret } from '@kontor/payment-data'
import type { Subkeys } from '../keys/subkeys.ts'
import type { ConfiguredProcessor, Credentials } from './credentials.ts'

/** Whose credentials they are, and of which version. */
export interface CredentialsId {
  readonly tenantId: string
  readonly mode: Mode
  readonly processor: ConfiguredProcessor
  readonly version: number
}

/**
 * Everything that decides whose the credentials are stands in the protected header: in the row of another tenant, mode, processor or
 * version they do not open. The key is one for each mode, and outlives the tenant's KEKs, because it follows from the tenant's secret.
 */
const headerOf = ({ tenantId, mode, processor, version }: CredentialsId) => ({
  typ: 'processor-credentials',
  ten: tenantId,
  mod: mode,
  prc: processor,
  ver: version,
  kid: `${tenantId}.credentials.${mode}`,
})

/** @returns A compact JWE (RFC 7516). */
export function sealCredentials(credentials: Secret<Credentials>, subkeys: Subkeys, id: CredentialsId): string {
  return sealRecord(Buffer.from(JSON.stringify(credentials.reveal())), subkeys.credentials[id.mode], headerOf(id))
}

/** @throws {IntegrityViolation} They were not sealed for this row. */
export function openCredentials(record: string, subkeys: Subkeys, id: CredentialsId): Secret<Credentials> {
  const plaintext = openRecord(record, subkeys.credentials[id.mode], headerOf(id))
  try {
    return new Secret(JSON.parse(plaintext.toString()) as Credentials)
  } catch {
    throw new IntegrityViolation()
  }
}

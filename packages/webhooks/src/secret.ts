import { hkdfSync } from 'node:crypto'

/** Whose secret it is, and which of those that it had one after the other. */
export interface SecretOf {
  readonly tenantId: string
  readonly endpointId: string
  readonly version: number
}

/** The specification asks for 24 to 64 bytes. */
const SECRET_BYTES = 32

/**
 * Derives what an endpoint's messages are signed with. Nothing is stored: who reads the database or its backups can sign nothing.
 *
 * @param root Of the process, 32 bytes or more.
 * @returns 32 bytes.
 * @see RFC 5869
 */
export function signingSecret(root: Buffer, { tenantId, endpointId, version }: SecretOf): Buffer {
  const info = JSON.stringify(['kontor', 'webhook', tenantId, endpointId, version])
  return Buffer.from(hkdfSync('sha256', root, '', info, SECRET_BYTES))
}

/** @returns The secret as it is shown to the receiver, `whsec_…` in base64. */
export const showSecret = (secret: Buffer): string => `whsec_${secret.toString('base64')}`

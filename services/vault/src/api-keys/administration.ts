import { type GeneratedApiKey, generateApiKey } from '@kontor/api-key'
import { type Bucket, newUuid } from '@kontor/ids'
import type { Db } from '@kontor/postgres'
import { createApiKey, InvalidNetwork, parseNetwork } from '@kontor/tenancy'
import { EXPLICIT_SCOPES, expandScopes, REVEAL_SCOPES, SERVICE_KEY_SCOPES, VAULT_ROLES } from './roles.ts'

/** A key that is to be made. */
export interface VaultKeyRequest {
  /** UUID; `null` makes a service key, which names its tenant in each request and has the role `invoicing`. */
  readonly tenantId: string | null
  readonly mode: 'test' | 'live'
  /** For people: what the key is used by. */
  readonly name: string
  readonly role: string
  /** Beyond those of the role, such as `token.reveal:card:number`; `token.reveal` stands for all of them (see `expandScopes`). */
  readonly scopes?: readonly string[]
  /** What a key that reveals may give as the reason, such as `charge`. */
  readonly purposes?: readonly string[]
  readonly expiresAt?: Date | null
  /** Whole numbers above 0; without them, the vault's defaults. */
  readonly requestsPerMinute?: number | undefined
  readonly revealsPerMinute?: number | undefined
  /** Addresses or networks that the key may be used from; without any, from anywhere. */
  readonly networks?: readonly string[] | undefined
}

/** A key that cannot be made as it was asked for. The message is for whoever typed the command. */
export class InvalidKeyRequest extends Error {
  override readonly name = 'InvalidKeyRequest'
}

/** The bucket of what has none: keys are in a table that every server holds whole. */
const NO_BUCKET = 0 as Bucket
const PER_MINUTE_MAX = 2 ** 31 - 1
const PURPOSE = /^[a-z][a-z0-9_]{0,62}$/

/**
 * Makes an API key of the vault.
 *
 * @param db As owner of the vault's database: the service itself cannot make keys.
 * @param deps.key A key that was generated before, so that it could be stored safely first; else one is generated.
 * @returns The id of the key, and the key itself, which nobody can ever show again.
 * @throws {InvalidKeyRequest} In a sentence for people.
 */
export async function createVaultKey(
  db: Db,
  request: VaultKeyRequest,
  deps: { random: (size: number) => Uint8Array; nowMs: number; key?: GeneratedApiKey },
): Promise<{ id: string; text: string }> {
  const { tenantId, mode, name, role, purposes = [], expiresAt = null } = request
  const scopes = expandScopes(request.scopes ?? [])
  refuseInvalid({ ...request, scopes })
  const key = deps.key ?? generateApiKey({ service: 'vault', mode, random: deps.random })
  const id = newUuid(NO_BUCKET, deps.nowMs, deps.random)
  const { requestsPerMinute, revealsPerMinute, networks } = request
  const limits = { requestsPerMinute, revealsPerMinute, networks }
  await createApiKey(db, { id, key, tenantId, mode, name, role, scopes, purposes, expiresAt, ...limits })
  return { id, text: key.text }
}

function refuseInvalid(request: VaultKeyRequest): void {
  const { tenantId, role, scopes = [], purposes = [], requestsPerMinute = 1, revealsPerMinute = 1 } = request
  const unknown = scopes.find((scope) => !EXPLICIT_SCOPES.includes(scope))
  if (!VAULT_ROLES.includes(role)) throw new InvalidKeyRequest(`a role is one of ${VAULT_ROLES.join(', ')}`)
  if (unknown !== undefined)
    throw new InvalidKeyRequest(`a scope beyond the role's is token.reveal or one of ${EXPLICIT_SCOPES.join(', ')}`)
  if (tenantId === null && role !== 'invoicing')
    throw new InvalidKeyRequest('a key without tenant has the role invoicing')
  if (tenantId === null && !scopes.every((scope) => SERVICE_KEY_SCOPES.includes(scope)))
    throw new InvalidKeyRequest(
      `a key without tenant never reveals: beyond its role it has ${SERVICE_KEY_SCOPES} at most`,
    )
  if (scopes.some((scope) => REVEAL_SCOPES.includes(scope)) !== purposes.length > 0) {
    throw new InvalidKeyRequest('the scope token.reveal and at least one purpose go together')
  }
  if (!purposes.every((purpose) => PURPOSE.test(purpose))) {
    throw new InvalidKeyRequest('a purpose is lower-case letters, digits and underscores, at most 63, a letter first')
  }
  for (const perMinute of [requestsPerMinute, revealsPerMinute]) {
    if (!Number.isInteger(perMinute) || perMinute < 1 || perMinute > PER_MINUTE_MAX)
      throw new InvalidKeyRequest(`a limit is a whole number from 1 to ${PER_MINUTE_MAX} a minute`)
  }
  try {
    request.networks?.forEach(parseNetwork)
  } catch (error) {
    throw error instanceof InvalidNetwork ? new InvalidKeyRequest(error.message) : error
  }
}

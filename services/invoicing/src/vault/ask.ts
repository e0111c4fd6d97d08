import { Unavailable } from '@kontor/http-api'
import { formatId } from '@kontor/ids'

/** On whose behalf the vault is asked. */
export interface VaultOwner {
  readonly tenantId: string
  readonly mode: 'test' | 'live'
}

/** Where the vault is, and the service keys by which it knows us, one for each mode that is used. */
export interface VaultAccess {
  readonly url: string
  readonly keys: { readonly test?: string; readonly live?: string }
}

export interface VaultQuestion {
  readonly method: 'GET' | 'POST'
  /** From `/v1` on. */
  readonly path: string
  readonly timeoutMs: number
  readonly idempotencyKey?: string
  readonly body?: object
}

/**
 * Asks the vault one question.
 *
 * @throws {Unavailable} There is no key for the mode. Whatever goes wrong on the way is thrown as `fetch` throws it.
 */
export async function askVault(
  { url, keys }: VaultAccess,
  owner: VaultOwner,
  { method, path, timeoutMs, idempotencyKey, body }: VaultQuestion,
): Promise<Response> {
  const key = keys[owner.mode]
  if (!key) throw new Unavailable('vault_unavailable', `the vault, for want of a ${owner.mode} service key,`)
  return fetch(`${url}${path}`, {
    method,
    headers: {
      authorization: `Bearer ${key}`,
      'kontor-tenant': formatId('ten', owner.tenantId),
      ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(timeoutMs),
    // A vault does not redirect; following would carry the question elsewhere.
    redirect: 'error',
  })
}

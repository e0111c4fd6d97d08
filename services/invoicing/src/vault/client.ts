import { Unavailable } from '@kontor/http-api'
import { formatId, parseId } from '@kontor/ids'
import { DomainError } from '@kontor/problem'

/** A stored instrument as invoicing may know it. */
export interface MaskedInstrument {
  readonly type: 'card' | 'bank_account' | 'paypal_account'
  /** Such as `Visa •••• 4242`. */
  readonly display: string
  /** UUID of the account it belongs to; `null` for a guest's. */
  readonly accountId: string | null
}

/**
 * Asks the vault for the masked values of a token.
 *
 * @returns `undefined` for a token that the tenant does not have.
 * @throws {TokenGone} The token was deleted, erased or has expired.
 * @throws {Unavailable} The vault cannot be reached.
 */
export type FindInstrument = (
  owner: { tenantId: string; mode: 'test' | 'live' },
  tokenId: string,
) => Promise<MaskedInstrument | undefined>

export class TokenGone extends DomainError {
  readonly code = 'token_gone'
  readonly status = 410
  readonly title = 'The payment instrument is no longer stored'
  constructor() {
    super('ask the customer for a payment instrument')
  }
}

const TIMEOUT_MS = 5_000

/**
 * @param url Base URL of the vault.
 * @param keys Service keys, one for each mode that is used.
 */
export function vaultClient(url: string, keys: { readonly test?: string; readonly live?: string }): FindInstrument {
  return async (owner, tokenId) => {
    const key = keys[owner.mode]
    if (!key) throw new Unavailable('vault_unavailable', `the vault, for want of a ${owner.mode} service key,`)
    const response = await fetch(`${url}/v1/tokens/${formatId('tok', tokenId)}`, {
      headers: { authorization: `Bearer ${key}`, 'kontor-tenant': formatId('ten', owner.tenantId) },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((cause: unknown) => {
      throw new Unavailable('vault_unavailable', 'the vault', { cause })
    })
    if (response.status === 404) return undefined
    if (response.status === 410) throw new TokenGone()
    if (!response.ok) throw new Unavailable('vault_unavailable', 'the vault')
    const token = (await response.json()) as {
      type: MaskedInstrument['type']
      display: string
      account_id: string | null
    }
    return {
      type: token.type,
      display: token.display,
      accountId: token.account_id === null ? null : parseId('acc', token.account_id),
    }
  }
}

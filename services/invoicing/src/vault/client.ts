import { Unavailable } from '@kontor/http-api'
import { formatId, parseId } from '@kontor/ids'
import { DomainError } from '@kontor/problem'
import { askVault, type VaultAccess } from './ask.ts'

/** A stored instrument as invoicing may know it. */
export interface MaskedInstrument {
  readonly type: (typeof TYPES)[number]
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
const TYPES = ['card', 'bank_account', 'paypal_account'] as const

/**
 * @param url Base URL of the vault.
 * @param keys Service keys, one for each mode that is used.
 */
export function vaultClient(url: string, keys: VaultAccess['keys']): FindInstrument {
  return async (owner, tokenId) => {
    const path = `/v1/tokens/${formatId('tok', tokenId)}`
    try {
      const response = await askVault({ url, keys }, owner, { method: 'GET', path, timeoutMs: TIMEOUT_MS })
      if (response.status === 200) return readInstrument(await response.json())
      // A body that nobody reads would keep the connection from being used again.
      await response.body?.cancel()
      if (response.status === 404) return undefined
      if (response.status === 410) throw new TokenGone()
      throw new Error(`the vault answered ${response.status}`)
    } catch (cause) {
      if (cause instanceof DomainError) throw cause
      throw new Unavailable('vault_unavailable', 'the vault', { cause })
    }
  }
}

/** @throws {Error} Not the answer of a vault: whatever answers there, it is not to be believed. */
function readInstrument(answer: unknown): MaskedInstrument {
  const { type, display, account_id } = answer as Record<string, unknown>
  const isInstrument = (TYPES as readonly unknown[]).includes(type) && typeof display === 'string'
  if (!isInstrument || !(account_id === null || typeof account_id === 'string')) throw new Error('not an instrument')
  return {
    type: type as MaskedInstrument['type'],
    display,
    accountId: account_id === null ? null : parseId('acc', account_id),
  }
}

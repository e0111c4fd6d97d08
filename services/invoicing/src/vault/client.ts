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
  /** Where it was asked for: how processors know it, as the vault says it. */
  readonly registrations?: ListedRegistrations
}

/** What the vault answers of a token's registrations; read by whoever needs one. */
export type ListedRegistrations = readonly Readonly<Record<string, unknown>>[]

/**
 * Asks the vault for the masked values of a token.
 *
 * @param also The registrations with it, in the same question.
 * @returns `undefined` for a token that the tenant does not have.
 * @throws {TokenGone} The token was deleted, erased or has expired.
 * @throws {Unavailable} The vault cannot be reached.
 */
export type FindInstrument = (
  owner: { tenantId: string; mode: 'test' | 'live' },
  tokenId: string,
  also?: 'registrations',
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
  return async (owner, tokenId, also) => {
    const path = `/v1/tokens/${formatId('tok', tokenId)}${also === undefined ? '' : `/${also}`}`
    try {
      const response = await askVault({ url, keys }, owner, { method: 'GET', path, timeoutMs: TIMEOUT_MS })
      if (response.status === 200) {
        const answer = await response.json()
        return also === undefined ? readInstrument(answer) : readRegistered(answer)
      }
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

function readRegistered(answer: unknown): MaskedInstrument {
  const { token, data } = answer as Record<string, unknown>
  if (!Array.isArray(data) || !data.every((entry) => typeof entry === 'object' && entry !== null)) {
    throw new Error('no list of registrations')
  }
  return { ...readInstrument(token), registrations: data }
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

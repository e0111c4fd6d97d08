import { type IdPrefix, parseId } from '@kontor/ids'
import { askVault, type VaultAccess, type VaultOwner } from './ask.ts'

/** What happened in the vault, as its feed tells it; ids are UUIDs. */
export interface FedEvent {
  readonly id: string
  readonly type: string
  readonly account_id: string | null
  readonly object_kind: string
  readonly object_id: string
  readonly object_version: number
  readonly at: string
}

export interface FeedPage {
  readonly events: readonly FedEvent[]
  readonly nextAfter: number
  readonly more: boolean
}

/**
 * Reads on in the vault's feed of a tenant.
 *
 * @param after How many events were read before; `end` reads nothing, and says how many there are.
 * @returns `undefined` where the vault serves no such mode to us.
 * @throws {Error} The vault cannot be reached, or answers something else.
 */
export type ReadVaultFeed = (owner: VaultOwner, after: number | 'end', limit: number) => Promise<FeedPage | undefined>

const TIMEOUT_MS = 10_000

/**
 * @param url Base URL of the vault.
 * @param keys Service keys, one for each mode that is used; their role has `event.read`.
 */
export function vaultFeed(url: string, keys: VaultAccess['keys']): ReadVaultFeed {
  return async (owner, after, limit) => {
    if (!keys[owner.mode]) return undefined
    const path = `/v1/events?after=${after}&limit=${limit}`
    const response = await askVault({ url, keys }, owner, { method: 'GET', path, timeoutMs: TIMEOUT_MS })
    if (response.status === 200) return readPage(await response.json())
    await response.body?.cancel()
    throw new Error(`the vault answered ${response.status}`)
  }
}

/** @throws {Error} Not the answer of a vault. */
function readPage(answer: unknown): FeedPage {
  const { data, next_after, has_more } = answer as { data: WireEvent[]; next_after: string; has_more: boolean }
  const nextAfter = Number(next_after)
  if (!Array.isArray(data) || !Number.isSafeInteger(nextAfter)) throw new Error('not a feed')
  return { events: data.map(fromWire), nextAfter, more: has_more }
}

interface WireEvent {
  readonly id: string
  readonly type: string
  readonly account_id: string | null
  readonly object_id: string
  readonly object_version: number
  readonly at: string
}

function fromWire({ id, type, account_id, object_id, object_version, at }: WireEvent): FedEvent {
  const object_kind = object_id.slice(0, 3)
  return {
    id: parseId('evt', id),
    type,
    account_id: account_id && parseId('acc', account_id),
    object_kind,
    object_id: parseId(object_kind as IdPrefix, object_id),
    object_version,
    at,
  }
}

import { unwrapKey, wrapKey } from '@kontor/jose-box'
import { RootKeyMissing, RootKeyRetired } from './errors.ts'
import type { KeyContext, KeyProvider } from './key-provider.ts'
import type { RootKey } from './root-key.ts'

/**
 * A provider over keys in memory. They live in this closure alone: printing, logging or serialising the provider shows
 * none of them.
 *
 * @param rootKeys Exactly one of them current.
 */
export function rootKeyProvider(rootKeys: readonly RootKey[]): KeyProvider {
  const byKid = new Map(rootKeys.map((rootKey) => [rootKey.kid, rootKey]))
  const current = rootKeys.find(({ state }) => state === 'current')
  if (current === undefined) throw new TypeError('a key provider needs a current root key')
  const retired = rootKeys.filter((rootKey) => rootKey !== current)
  const kids = Object.freeze([current, ...retired].map(({ kid }) => kid))

  function find(kid: string): RootKey {
    const rootKey = byKid.get(kid)
    if (rootKey === undefined) throw new RootKeyMissing()
    return rootKey
  }

  return Object.freeze({
    currentKid: () => current.kid,
    kids: () => kids,
    async wrap(kid: string, tenantKek: Buffer, context: KeyContext) {
      const { state, key } = find(kid)
      if (state !== 'current') throw new RootKeyRetired()
      return wrapKey(tenantKek, key, bind(kid, context))
    },
    async unwrap(kid: string, wrapped: string, context: KeyContext) {
      return unwrapKey(wrapped, find(kid).key, bind(kid, context))
    },
  })
}

function bind(kid: string, context: KeyContext): KeyContext {
  if (Object.hasOwn(context, 'kid')) throw new TypeError('the provider adds kid to the context itself')
  return { ...context, kid }
}

import { unwrapKey, wrapKey } from '@kontor/jose-box'
import { refuseKid } from './context.ts'
import { RootKeyMissing } from './errors.ts'
import type { KeyContext, KeyProvider, RootKeyInfo } from './key-provider.ts'
import type { RootKey } from './root-key.ts'

/** Where opened root KEKs come from. */
export interface RootKeySource {
  /** The keys as they are now. @throws They cannot be had at the moment. */
  latest(): Promise<readonly RootKey[]>
  /** The keys as they were when they could last be had. */
  known(): readonly RootKey[]
}

/**
 * A provider over keys in memory. They live in closures alone: printing, logging or serialising the provider shows none of
 * them.
 *
 * While the source fails, what is known still unwraps, so that what is sealed can be opened; nothing new is wrapped, because
 * nobody knows whether its key could ever be had again.
 */
export function rootKeyProvider(source: RootKeySource): KeyProvider {
  async function current(): Promise<RootKey> {
    return currentOf(await source.latest())
  }

  return Object.freeze({
    currentKid: async () => (await current()).kid,
    kids: async () => byAge(await source.latest()).map(infoOf),
    async wrap(key: Buffer, context: KeyContext) {
      const { kid, key: rootKey } = await current()
      return { kid, wrapped: wrapKey(key, rootKey, bind(kid, context)) }
    },
    async unwrap(kid: string, wrapped: string, context: KeyContext) {
      const find = (keys: readonly RootKey[]) => keys.find((rootKey) => rootKey.kid === kid)
      const rootKey = await source.latest().then(find, (error: unknown) => {
        const known = find(source.known())
        if (known === undefined) throw error
        return known
      })
      if (rootKey === undefined) throw new RootKeyMissing()
      return unwrapKey(wrapped, rootKey.key, bind(kid, context))
    },
  })
}

/** @throws {TypeError} None or several of the keys are current. */
export function currentOf(rootKeys: readonly RootKey[]): RootKey {
  const [current, ...others] = rootKeys.filter(({ state }) => state === 'current')
  if (current === undefined || others.length > 0) throw new TypeError('a key provider needs one current root key')
  return current
}

function byAge(rootKeys: readonly RootKey[]): readonly RootKey[] {
  const current = currentOf(rootKeys)
  const retired = rootKeys.filter((rootKey) => rootKey !== current)
  return [current, ...retired.toSorted((a, b) => b.createdAtMs - a.createdAtMs)]
}

function infoOf({ kid, state, createdAtMs }: RootKey): RootKeyInfo {
  return { kid, state, createdAt: new Date(createdAtMs).toISOString() }
}

function bind(kid: string, context: KeyContext): KeyContext {
  refuseKid(context)
  return { ...context, kid }
}

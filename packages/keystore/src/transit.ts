import { IntegrityViolation } from '@kontor/jose-box'
import { canonicalContext } from './context.ts'
import { KeyProviderRefused, KeyProviderUnavailable, RootKeyMissing } from './errors.ts'
import type { KeyContext, KeyProvider } from './key-provider.ts'
import { type TransitOptions, transitClient } from './transit-client.ts'
import { ciphertextVersion, formatTransitKid, parseTransitKid, readTransitKey } from './transit-key.ts'

const KEY_BYTES = 32

/**
 * A provider whose root KEKs are the versions of a key in the transit secrets engine of OpenBao or HashiCorp Vault. They never
 * leave the engine; its token has to be allowed to read the key, to encrypt and to decrypt with it.
 *
 * The context goes along as associated data, so that what was wrapped for one tenant does not unwrap for another. Making the
 * provider asks nothing of the server: a vault starts while it is down, and says so when it is asked.
 *
 * @throws {TypeError} An option that cannot be meant.
 * @see https://openbao.org/api-docs/secret/transit/ and https://developer.hashicorp.com/vault/api-docs/secret/transit
 */
export function transitProvider(options: TransitOptions): KeyProvider {
  const client = transitClient(options)
  const name = options.key
  const read = () => readTransitKey(client, name)
  let checked = false

  /** With the `create` capability the engine would make an unknown key instead of refusing ("Encrypt data"): look first. */
  async function check(): Promise<void> {
    if (!checked) await read()
    checked = true
  }

  return Object.freeze({
    currentKid: async () => formatTransitKid(name, (await read()).latestVersion),

    async kids() {
      const { latestVersion, versions } = await read()
      return versions.map(({ version, createdAtS }) => ({
        kid: formatTransitKid(name, version),
        state: version === latestVersion ? ('current' as const) : ('retired' as const),
        createdAt: new Date(createdAtS * 1_000).toISOString(),
      }))
    },

    async wrap(key: Buffer, context: KeyContext) {
      if (key.length !== KEY_BYTES) throw new TypeError('a key has 32 bytes')
      const associatedData = base64(canonicalContext(context))
      await check()
      const body = { plaintext: key.toString('base64'), associated_data: associatedData }
      const answer = await client.post(`encrypt/${name}`, body)
      if (answer.outcome !== 'done') throw new KeyProviderRefused('it does not encrypt with the transit key')
      const wrapped = answer.data.ciphertext
      const version = ciphertextVersion(wrapped)
      if (version === undefined) throw new KeyProviderUnavailable('its answer is not one of the transit engine')
      return { kid: formatTransitKid(name, version), wrapped: wrapped as string }
    },

    async unwrap(kid: string, wrapped: string, context: KeyContext) {
      const associatedData = base64(canonicalContext(context))
      const version = parseTransitKid(name, kid)
      if (version === undefined) throw new RootKeyMissing()
      // What names another version was put there by somebody: the row's kid is bound by this comparison.
      if (ciphertextVersion(wrapped) !== version) throw new IntegrityViolation()
      const answer = await client.post(`decrypt/${name}`, { ciphertext: wrapped, associated_data: associatedData })
      if (answer.outcome === 'done') return keyOf(answer.data.plaintext)
      // 400 is the answer to an altered ciphertext, a version that is gone and an unknown key alike; their texts promise nothing.
      const { versions } = await read()
      throw versions.some((held) => held.version === version) ? new IntegrityViolation() : new RootKeyMissing()
    },
  })
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}

/** @throws {IntegrityViolation} What was wrapped is no key. */
function keyOf(plaintext: unknown): Buffer {
  if (typeof plaintext !== 'string') throw new KeyProviderUnavailable('its answer is not one of the transit engine')
  const key = Buffer.from(plaintext, 'base64')
  if (key.length !== KEY_BYTES) throw new IntegrityViolation()
  return key
}

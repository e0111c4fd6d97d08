import { KeyProviderRefused, RootKeyIsCurrent, RootKeyMissing, RootKeyNotOldest } from './errors.ts'
import type { RootKeyAdministration } from './key-provider.ts'
import { type TransitAnswer, type TransitOptions, transitClient } from './transit-client.ts'
import { formatTransitKid, parseTransitKid, readTransitKey } from './transit-key.ts'

/**
 * What a person may do with the versions of a transit key. Its token needs more than the vault's own: `rotate`, `config` and
 * `trim` of the key.
 *
 * @throws {TypeError} An option that cannot be meant.
 */
export function transitAdministration(options: TransitOptions): RootKeyAdministration {
  const client = transitClient(options)
  const name = options.key
  const read = () => readTransitKey(client, name)

  return Object.freeze({
    /** Sent once: after a lost answer nobody knows whether there is a new version, and a look at the keys tells. */
    async rotate() {
      await read()
      done(await client.postOnce(`keys/${name}/rotate`, {}))
      return formatTransitKid(name, (await read()).latestVersion)
    },

    /**
     * The minimum version is raised first, because the engine trims only below it ("Trim key"). Killed in between, the next call
     * finds a version that no longer decrypts and trims it.
     */
    async destroy(kid: string) {
      const version = parseTransitKid(name, kid)
      const { latestVersion, versions, minimum } = await read()
      if (version === undefined || version > latestVersion || version < minimum.available) throw new RootKeyMissing()
      if (version === latestVersion) throw new RootKeyIsCurrent()
      if (versions.some((held) => held.version < version)) throw new RootKeyNotOldest()
      const oldest = version + 1
      const limits = {
        min_decryption_version: Math.max(oldest, minimum.decryption),
        min_encryption_version: Math.max(oldest, minimum.encryption, minimum.decryption),
      }
      done(await client.post(`keys/${name}/config`, limits))
      done(await client.post(`keys/${name}/trim`, { min_available_version: oldest }))
    },
  })
}

function done({ outcome }: TransitAnswer): void {
  if (outcome !== 'done') throw new KeyProviderRefused('it does not change the transit key')
}

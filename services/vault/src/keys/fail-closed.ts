import { Unavailable } from '@kontor/http-api'
import {
  KeyProviderRefused,
  KeyProviderUnavailable,
  KeystoreCorrupt,
  KeystoreExposed,
  KeystoreLocked,
  KeystoreMissing,
  KeystoreUnreadable,
  RootKeyMissing,
} from '@kontor/keystore'
import { DomainError } from '@kontor/problem'

const OF_PROVIDER = [
  KeyProviderRefused,
  KeyProviderUnavailable,
  KeystoreCorrupt,
  KeystoreExposed,
  KeystoreLocked,
  KeystoreMissing,
  KeystoreUnreadable,
  RootKeyMissing,
]

/**
 * Runs what needs the keys. Whatever goes wrong with the database of the keys or with their provider is a refusal: without
 * keys nothing is sealed, opened or recognised, and nothing is written.
 *
 * @throws {Unavailable} 503 `key_provider_unavailable`, or `keys_unavailable` for the database.
 */
export async function failClosed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DomainError) throw error
    if (OF_PROVIDER.some((kind) => error instanceof kind)) {
      throw new Unavailable('key_provider_unavailable', 'the key provider', { cause: error })
    }
    throw new Unavailable('keys_unavailable', 'the key store', { cause: error })
  }
}

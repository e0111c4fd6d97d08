import { Unavailable } from '@kontor/http-api'
import { DomainError } from '@kontor/problem'

/**
 * Runs what needs the keys. Whatever goes wrong with the database of the keys or with their provider is one refusal: without
 * keys nothing is sealed, opened or recognised, and nothing is written.
 *
 * @throws {Unavailable} 503 `keys_unavailable`.
 */
export async function failClosed<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof DomainError) throw error
    throw new Unavailable('keys_unavailable', 'the key store', { cause: error })
  }
}

import type { Database } from '@kontor/postgres'
import { administrationOf, openKeyProvider, readKeyProvider } from '../key-provider.ts'
import { signer } from '../signing/signer.ts'
import { type RootKeys, rootKeys } from './root-keys.ts'

export interface OpenRootKeysDeps {
  /** Of the keys, as its owner. */
  readonly database: Database
  readonly random: (size: number) => Uint8Array
  readonly now: () => Date
  /** A clock that never goes back, in milliseconds. */
  readonly monotonicMs: () => number
}

/**
 * Opens the root keys of this host as the vault would, for their custodian.
 *
 * @param environment The settings of the key provider, as the vault has them.
 * @param resolvePath Where relative paths of files begin.
 * @throws {InvalidConfig} A setting is missing or garbled. Otherwise as the provider does when it is opened.
 */
export async function openRootKeys(
  environment: Readonly<Record<string, string | undefined>>,
  resolvePath: (path: string) => string,
  { database, random, now, monotonicMs }: OpenRootKeysDeps,
): Promise<RootKeys> {
  const config = readKeyProvider(environment, resolvePath)
  const provider = await openKeyProvider(config)
  return rootKeys({
    database,
    provider,
    administration: administrationOf(config, { random, nowMs: () => now().getTime() }),
    signer: signer({ database, provider, monotonicMs }),
    now,
  })
}

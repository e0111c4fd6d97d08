import {
  type KeyMaking,
  type KeyProvider,
  keystoreAdministration,
  openKeystoreFile,
  type RootKeyAdministration,
  type TransitOptions,
  transitAdministration,
  transitProvider,
} from '@kontor/keystore'
import { Secret } from '@kontor/payment-data'
import { InvalidConfig } from './invalid-config.ts'
import { readSecretFile } from './secret-file.ts'

/** Where the root KEKs are. */
export type KeyProviderConfig =
  | { readonly kind: 'keystore'; readonly file: string; readonly passphrase: Secret<string> }
  | { readonly kind: 'transit'; readonly options: TransitOptions }

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads which key provider there is and how it is reached.
 *
 * @param resolvePath Where relative paths of files begin.
 * @throws {InvalidConfig} One sentence for the operator.
 */
export function readKeyProvider(
  environment: Environment,
  resolvePath: (path: string) => string = (path) => path,
): KeyProviderConfig {
  const kind = environment.KEY_PROVIDER || 'keystore'
  if (kind === 'keystore') {
    const file = resolvePath(required(environment, 'KEYSTORE_FILE'))
    return { kind, file, passphrase: new Secret(secretOf(environment, 'KEYSTORE_PASSPHRASE', resolvePath)()) }
  }
  if (kind !== 'transit') throw new InvalidConfig('KEY_PROVIDER is not one of keystore, transit.')
  const readToken = secretOf(environment, 'TRANSIT_TOKEN', resolvePath)
  // Read once now, so that a token that is missing shows at the start; later each time, because an agent renews the file.
  readToken()
  const options: TransitOptions = {
    address: required(environment, 'TRANSIT_ADDR'),
    key: required(environment, 'TRANSIT_KEY'),
    namespace: environment.TRANSIT_NAMESPACE || undefined,
    mount: environment.TRANSIT_MOUNT || undefined,
    readToken: async () => readToken(),
  }
  try {
    transitProvider(options)
  } catch (cause) {
    throw new InvalidConfig(`TRANSIT_ADDR, TRANSIT_KEY or TRANSIT_MOUNT: ${(cause as Error).message}.`, { cause })
  }
  return { kind, options }
}

/** @throws As `openKeystoreFile`; a transit engine that is down shows itself when it is asked. */
export function openKeyProvider(config: KeyProviderConfig): Promise<KeyProvider> | KeyProvider {
  return config.kind === 'keystore'
    ? openKeystoreFile(config.file, config.passphrase.reveal())
    : transitProvider(config.options)
}

/** What a person may do with root KEKs. */
export function administrationOf(config: KeyProviderConfig, making: KeyMaking): RootKeyAdministration {
  return config.kind === 'keystore'
    ? keystoreAdministration(config.file, config.passphrase.reveal(), making)
    : transitAdministration(config.options)
}

function required(environment: Environment, name: string): string {
  const value = environment[name]
  if (!value) throw new InvalidConfig(`${name} is not set.`)
  return value
}

/** @returns Reads the secret that a setting holds, or the file that the setting with `_FILE` names. */
function secretOf(environment: Environment, name: string, resolvePath: (path: string) => string): () => string {
  const value = environment[name]
  const file = environment[`${name}_FILE`]
  if (value && file) throw new InvalidConfig(`Set either ${name} or ${name}_FILE, not both.`)
  if (value) return () => value
  if (!file) throw new InvalidConfig(`Neither ${name} nor ${name}_FILE is set.`)
  return () => readSecretFile(resolvePath(file), `${name}_FILE`)
}

import { access, readFile, writeFile } from 'node:fs/promises'
import { generateApiKey } from '@kontor/api-key'
import type { RolePasswords } from '@kontor/postgres'
import { Sentence } from '../sentence.ts'

/** Everything secret of one demo. Only `start` makes such a file; a service takes its secrets from its operator. */
export interface Secrets {
  readonly warning: string
  readonly database_passwords: RolePasswords
  readonly keystore_passphrase: string
  /** 32 bytes in hexadecimal: keys the digests of idempotency keys. */
  readonly invoicing_secret: string
  readonly api_keys: {
    /** Role admin of the demo tenant in the vault, mode test. */
    readonly vault: string
    /** Role admin of the demo tenant in invoicing, mode test. */
    readonly invoicing: string
    /** What invoicing shows to the vault. */
    readonly vault_service: string
  }
}

const WARNING =
  'Made by kontor start for trying Kontor out on this machine. Anybody who reads this file can read the payment data: never use these secrets in production.'

type Random = (size: number) => Buffer

/**
 * Reads the demo's secrets, or makes them in the first run.
 *
 * @throws {Sentence} The file is lost or garbled while what it opens is still there: new secrets would open nothing.
 */
export async function openSecrets(
  home: { readonly secrets: string; readonly keystore: string; readonly folder: string },
  random: Random,
): Promise<{ readonly secrets: Secrets; readonly made: boolean }> {
  const text = await readFile(home.secrets, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text !== undefined) return { secrets: parse(text, home), made: false }
  if (await exists(home.keystore)) {
    throw new Sentence(
      `${home.secrets} is missing, and without it the keystore beside it cannot be opened: put it back, or delete ${home.folder} to start empty.`,
    )
  }
  const secrets = makeSecrets(random)
  await writeFile(home.secrets, `${JSON.stringify(secrets, null, 2)}\n`, { flag: 'wx', mode: 0o600 })
  return { secrets, made: true }
}

/** @returns The API keys of the demo in this folder, if there is one. */
export async function findApiKeys(file: string): Promise<Secrets['api_keys'] | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as Secrets).api_keys
}

export async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

function parse(text: string, home: { readonly secrets: string; readonly folder: string }): Secrets {
  try {
    const secrets = JSON.parse(text) as Secrets
    if (secrets.keystore_passphrase && secrets.invoicing_secret && secrets.database_passwords && secrets.api_keys) {
      return secrets
    }
  } catch {
    // Said below, without the parser's words: they quote the file.
  }
  throw new Sentence(`${home.secrets} is garbled: put it back, or delete ${home.folder} to start empty.`)
}

function makeSecrets(random: Random): Secrets {
  const password = () => random(24).toString('base64url')
  const passwords = () => ({ owner: password(), service: password() })
  const apiKey = (service: 'vault' | 'invoicing') => generateApiKey({ service, mode: 'test', random }).text
  return {
    warning: WARNING,
    database_passwords: { vault: passwords(), keys: passwords(), invoicing: passwords() },
    keystore_passphrase: password(),
    invoicing_secret: random(32).toString('hex'),
    api_keys: { vault: apiKey('vault'), invoicing: apiKey('invoicing'), vault_service: apiKey('vault') },
  }
}

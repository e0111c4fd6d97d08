import { randomBytes } from 'node:crypto'
import { resolve } from 'node:path'
import {
  KeyProviderRefused,
  KeyProviderUnavailable,
  KeystoreBusy,
  KeystoreCorrupt,
  KeystoreExposed,
  KeystoreFull,
  KeystoreLocked,
  KeystoreMissing,
  KeystoreUnreadable,
  RootKeyIsCurrent,
  RootKeyMissing,
  RootKeyNotOldest,
} from '@kontor/keystore'
import { connect } from '@kontor/postgres'
import { InvalidConfig, openRootKeys, RootKeyInUse, RootKeyStillCurrent, type RootKeys } from '@kontor/vault'
import type { Environment } from '../config.ts'
import { Sentence } from '../sentence.ts'
import type { Command } from './command.ts'

/** Each message is a sentence for the operator that says nothing of a key. */
const SENTENCES = [
  InvalidConfig,
  KeyProviderRefused,
  KeyProviderUnavailable,
  KeystoreBusy,
  KeystoreCorrupt,
  KeystoreExposed,
  KeystoreFull,
  KeystoreLocked,
  KeystoreMissing,
  KeystoreUnreadable,
  RootKeyInUse,
  RootKeyIsCurrent,
  RootKeyMissing,
  RootKeyNotOldest,
  RootKeyStillCurrent,
]

/** `kontor keys list --root` */
export function listRootKeys(command: Command, env: Environment): Promise<number> {
  return withRootKeys(command, env, async (roots) => {
    const keys = await roots.list()
    const data = keys.map(({ kid, state, createdAt, tenantKeks, signingKeys }) => ({
      kid,
      state,
      created_at: createdAt,
      tenant_keks: tenantKeks,
      signing_keys: signingKeys,
    }))
    const lines = data.map(
      (key) =>
        `${key.kid}  ${key.state}  made ${key.created_at}  wraps ${key.tenant_keks} keys of tenants and ${key.signing_keys} signing keys`,
    )
    command.screen.result({ data }, lines)
  })
}

/** `kontor keys rotate --root` */
export function rotateRootKey(command: Command, env: Environment): Promise<number> {
  return withRootKeys(command, env, async (roots) => {
    const kid = await roots.rotate()
    command.screen.say(`The root key ${kid} is the current one, and wraps everything new from now on.`)
    const rewrapped = await rewrap(command, roots)
    command.screen.result({ kid, rewrapped }, [
      `${rewrapped} keys are wrapped by it. Make a copy of the keystore now, if it is one: older copies lack this key.`,
    ])
  })
}

/** `kontor keys rewrap --root` */
export function rewrapUnderRoot(command: Command, env: Environment): Promise<number> {
  return withRootKeys(command, env, async (roots) => {
    const rewrapped = await rewrap(command, roots)
    command.screen.result({ rewrapped }, [
      rewrapped === 0
        ? 'Nothing to do: everything is wrapped by the current root key.'
        : `${rewrapped} keys were wrapped by the current root key.`,
    ])
  })
}

/** `kontor keys destroy --root KID` */
export function destroyRootKey(command: Command, env: Environment, kid: string): Promise<number> {
  return withRootKeys(command, env, async (roots) => {
    const certificate = await roots.destroy(kid)
    command.screen.result({ kid, certificate }, [
      `The root key ${kid} is destroyed. Copies of the keystore and of its backups may still hold it.`,
      'This is the certificate:',
      '',
      certificate,
    ])
  })
}

function rewrap({ screen }: Command, roots: RootKeys): Promise<number> {
  return roots.rewrap((done, total) => {
    if (total > 0) screen.progress(`Wrapped anew  ${done} of ${total} keys`)
  })
}

async function withRootKeys(
  { config }: Command,
  env: Environment,
  work: (roots: RootKeys) => Promise<void>,
): Promise<number> {
  const url = config.required('KEYS_MIGRATION_URL')
  const database = connect({ url, max: 2, applicationName: 'kontor keys --root' })
  try {
    await work(
      await openRootKeys(env, (path) => resolve(config.cwd, path), {
        database,
        random: randomBytes,
        now: () => new Date(),
        monotonicMs: () => performance.now(),
      }),
    )
    return 0
  } catch (error) {
    const known = [error, (error as { cause?: unknown }).cause].find((one) =>
      SENTENCES.some((kind) => one instanceof kind),
    )
    throw known === undefined ? error : new Sentence((known as Error).message)
  } finally {
    await database.close()
  }
}

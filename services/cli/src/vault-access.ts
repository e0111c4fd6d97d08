import { resolve } from 'node:path'
import type { Command } from './commands/command.ts'
import type { Environment } from './config.ts'
import { type AdministrationApi, apiClient } from './job/api-client.ts'
import { readSecretFile } from './secret-file.ts'
import { Sentence } from './sentence.ts'

/**
 * Calls the vault with the key that the environment gives: `VAULT_URL`, and `VAULT_API_KEY` or a file that holds it.
 *
 * @param role The role that the key should have, for the sentence that asks for one.
 * @throws {Sentence} A setting is missing or cannot be read. The key is never repeated.
 */
export function vaultApi(
  { config, stop }: Pick<Command, 'config' | 'stop'>,
  env: Environment,
  role: string,
): AdministrationApi {
  const baseUrl = env.VAULT_URL
  if (!baseUrl) throw new Sentence('VAULT_URL is not set.')
  if (!/^https?:\/\//.test(baseUrl) || !URL.canParse(baseUrl)) {
    throw new Sentence('VAULT_URL is not a URL like http://127.0.0.1:7701.')
  }
  return apiClient({ service: 'vault', baseUrl, apiKey: vaultKey(env, config.cwd, role), signal: stop.signal })
}

function vaultKey(env: Environment, cwd: string, role: string): string {
  const { VAULT_API_KEY: key, VAULT_API_KEY_FILE: file } = env
  if (key && file) throw new Sentence('Set either VAULT_API_KEY or VAULT_API_KEY_FILE, not both.')
  if (key) return key
  if (!file) {
    throw new Sentence(
      `Neither VAULT_API_KEY nor VAULT_API_KEY_FILE is set: it takes a key of the vault, role ${role}.`,
    )
  }
  return readSecretFile(resolve(cwd, file), 'The file that VAULT_API_KEY_FILE names')
}

/** For the help of commands that call the vault. */
export const VAULT_ACCESS_HELP = `
Environment:
  VAULT_URL            where the vault is
  VAULT_API_KEY_FILE   a file of mode 0600 that holds a key of the vault
  VAULT_API_KEY        the key itself, instead of a file`

import { revokeApiKey } from '@kontor/tenancy'
import { type KeyService, keyIdOf, showKeyId, withKeys } from './api-keys.ts'
import type { Command } from './command.ts'

/** `kontor key revoke`: ends a key. May be repeated. */
export async function revokeKey(
  command: Command,
  text: string,
  { service }: { readonly service: KeyService },
): Promise<number> {
  const id = keyIdOf(text)
  const at = await withKeys(command, service, 'kontor key revoke', (db) => revokeApiKey(db, id, new Date()))
  const result = { id: showKeyId(id), revoked_at: at.toISOString() }
  command.screen.result(result, [
    `${result.id} is revoked since ${result.revoked_at}. A service that has just seen it believes it for five seconds more.`,
  ])
  return 0
}

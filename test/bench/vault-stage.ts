import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeystoreFile } from '@kontor/keystore'
import { createVaultKey } from '@kontor/vault'
import { startService } from './service.ts'
import type { Stage } from './stage.ts'

/** The running vault, and a key that may tokenize and reveal. */
export interface VaultStage {
  readonly port: number
  readonly headers: Readonly<Record<string, string>>
  readonly keyId: string
  close(): Promise<void>
}

/** The one that the key may give as the reason of a reveal. */
export const PURPOSE = 'charge'

export async function startVault(stage: Stage): Promise<VaultStage> {
  const folder = await mkdtemp(join(tmpdir(), 'kontor-bench-'))
  const keystore = join(folder, 'keystore.json')
  const passphrase = randomBytes(18).toString('base64url')
  await createKeystoreFile(keystore, passphrase, { random: randomBytes, nowMs: Date.now })
  const service = await startService(
    'vault',
    {
      VAULT_DATABASE_URL: stage.urls.vault.url,
      KEYS_DATABASE_URL: stage.urls.keys.url,
      VAULT_LISTEN: '127.0.0.1:0',
      KEYSTORE_FILE: keystore,
      KEYSTORE_PASSPHRASE: passphrase,
    },
    stage.profileFolder,
  )
  const key = await createVaultKey(
    stage.owners.vault.knex,
    {
      tenantId: stage.tenantId,
      mode: 'test',
      name: 'bench',
      role: 'admin',
      scopes: ['token.reveal'],
      purposes: [PURPOSE],
    },
    { random: randomBytes, nowMs: Date.now() },
  )
  return {
    port: service.port,
    headers: { authorization: `Bearer ${key.text}` },
    keyId: key.id,
    async close() {
      await service.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

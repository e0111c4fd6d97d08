import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createKeystoreFile } from '@kontor/keystore'
import { createVaultKey } from '@kontor/vault'
import { type Service, startService } from './service.ts'
import type { Stage } from './stage.ts'

/** The running vault, in two processes where there are two cores, and a key that may tokenize and reveal. */
export interface VaultStage {
  /** Of each process. */
  readonly ports: readonly number[]
  readonly headers: Readonly<Record<string, string>>
  readonly keyId: string
  close(): Promise<void>
}

/** The one that the key may give as the reason of a reveal. */
export const PURPOSE = 'charge'

/**
 * Where the bare side writes its events: a table with the same columns, checks and indexes. In the vault's own they would have no valid MAC, and
 * each would be reported as forged.
 */
const BARE_EVENT = `
create table bare_event (like event including all, foreign key (tenant_id) references tenant (id));
grant insert on bare_event to kontor_vault_service`

/** The vault keeps nothing in a process that another one needs, so it runs in as many as there are cores. */
const PROCESSES = Math.min(2, availableParallelism())

export async function startVault(stage: Stage): Promise<VaultStage> {
  await stage.owners.vault.knex.raw(BARE_EVENT)
  const folder = await mkdtemp(join(tmpdir(), 'kontor-bench-'))
  const keystore = join(folder, 'keystore.json')
  const passphrase = randomBytes(18).toString('base64url')
  await createKeystoreFile(keystore, passphrase, { random: randomBytes, nowMs: Date.now })
  const environment = {
    VAULT_DATABASE_URL: stage.urls.vault.url,
    KEYS_DATABASE_URL: stage.urls.keys.url,
    VAULT_LISTEN: '127.0.0.1:0',
    KEYSTORE_FILE: keystore,
    KEYSTORE_PASSPHRASE: passphrase,
    AUDIT_SINK_FILE: join(folder, 'audit-sink.jsonl'),
    KEYS_BACKUP_RETENTION_DAYS: '30',
  }
  const services: Service[] = []
  for (let n = 0; n < PROCESSES; n++) services.push(await startService('vault', environment, stage.profileFolder))
  const key = await createVaultKey(
    stage.owners.vault.knex,
    {
      tenantId: stage.tenantId,
      mode: 'test',
      name: 'bench',
      role: 'admin',
      scopes: ['token.reveal'],
      purposes: [PURPOSE],
      // The limits are judged for each request, and never reached.
      requestsPerMinute: 1_000_000_000,
      revealsPerMinute: 1_000_000_000,
    },
    { random: randomBytes, nowMs: Date.now() },
  )
  return {
    ports: services.map(({ port }) => port),
    headers: { authorization: `Bearer ${key.text}` },
    keyId: key.id,
    async close() {
      for (const service of services) await service.stop()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

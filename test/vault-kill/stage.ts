import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatId, idSource, newUuid, toBucket } from '@kontor/ids'
import { createKeystoreFile } from '@kontor/keystore'
import { connect } from '@kontor/postgres'
import { createTenant, createVaultKey, EXPLICIT_SCOPES } from '@kontor/vault'
import { PURPOSE } from './request.ts'

/** What the clients and both processes of the vault need before they can start. */
export interface Stage {
  /** What the vault reads besides the address to listen on. */
  readonly environment: Readonly<Record<string, string>>
  /** May do everything, reveal included. */
  readonly apiKey: string
  /** `acc_…`. */
  readonly accounts: readonly string[]
  newAccount(): string
  close(): Promise<void>
}

/** The two databases of a vault, as the service and as their owner see them. */
export interface VaultUrls {
  readonly vault: { readonly url: string; readonly migrationUrl: string }
  readonly keys: { readonly url: string; readonly migrationUrl: string }
}

/** A keystore opens in half a second on purpose; here it is opened after each kill, and holds nothing that is worth it. */
const CHEAP_SCRYPT = { n: 1024, r: 8, p: 1 }

/** What is proved here is not how a client is slowed down. */
const UNLIMITED = 1_000_000_000

/** Makes a tenant, its API key, some accounts, and a keystore that both processes open. */
export async function setStage(urls: VaultUrls, accounts: number): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), 'kontor-vault-kill-'))
  const owner = connect({ url: urls.vault.migrationUrl, max: 1, applicationName: 'vault-kill-setup' })
  try {
    const keystore = join(folder, 'keystore.json')
    const passphrase = randomBytes(18).toString('base64url')
    await createKeystoreFile(keystore, passphrase, { random: randomBytes, nowMs: Date.now, scrypt: CHEAP_SCRYPT })
    const id = newUuid(toBucket(0), Date.now(), randomBytes)
    const tenant = await createTenant(owner.knex, { id, slug: 'vault-kill', name: 'Vault kill' })
    const key = await createVaultKey(
      owner.knex,
      {
        tenantId: tenant.id,
        mode: 'test',
        name: 'vault-kill',
        role: 'admin',
        scopes: EXPLICIT_SCOPES,
        purposes: [PURPOSE],
        requestsPerMinute: UNLIMITED,
        revealsPerMinute: UNLIMITED,
      },
      { random: randomBytes, nowMs: Date.now() },
    )
    const newId = idSource(Date.now, randomBytes)
    const newAccount = () => formatId('acc', newId(toBucket(randomBytes(2).readUInt16BE() & 0xfff)))
    return {
      environment: {
        VAULT_DATABASE_URL: urls.vault.url,
        KEYS_DATABASE_URL: urls.keys.url,
        KEYSTORE_FILE: keystore,
        KEYSTORE_PASSPHRASE: passphrase,
        AUDIT_SINK_FILE: join(folder, 'checkpoints.jsonl'),
        KEYS_BACKUP_RETENTION_DAYS: '30',
        LOG_LEVEL: 'warn',
      },
      apiKey: key.text,
      accounts: Array.from({ length: accounts }, newAccount),
      newAccount,
      close: () => rm(folder, { recursive: true, force: true }),
    }
  } catch (error) {
    await rm(folder, { recursive: true, force: true })
    throw error
  } finally {
    await owner.close()
  }
}

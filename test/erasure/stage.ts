import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbedded } from '@kontor/embedded-postgres'
import { formatId, newUuid, toBucket } from '@kontor/ids'
import { createKeystoreFile } from '@kontor/keystore'
import { connect, type DatabaseUrls } from '@kontor/postgres'
import { createTenant } from '@kontor/tenancy'
import { createVaultKey } from '@kontor/vault'
import { type KillableService, startKillable } from '../support/killable-service.ts'
import { makeTemplates } from '../support/test-server.ts'

/** A database server of its own, two processes of the vault on it, and a key that may do everything. */
export interface Stage {
  readonly adminUrl: string
  readonly dataDirectory: string
  readonly urls: DatabaseUrls
  /** The names of the two databases. */
  readonly names: { readonly vault: string; readonly keys: string }
  readonly first: KillableService
  readonly second: KillableService
  /** Of the processes, and of commands that take the keys. */
  readonly environment: Readonly<Record<string, string>>
  readonly tenantId: string
  readonly key: string
  close(): Promise<void>
}

/** The one that the key may give as the reason of a reveal. */
export const PURPOSE = 'support'

const PREFIX = 'drill'

export async function openStage(log: (line: string) => void): Promise<Stage> {
  const closers: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const undo of closers.splice(0).reverse()) await undo()
  }
  try {
    const server = await startEmbedded({ throwAway: true, log })
    closers.push(() => server.destroy())
    const password = () => ({ owner: secret(), service: secret() })
    const passwords = { vault: password(), keys: password(), invoicing: password() }
    const urls = await makeTemplates({ adminUrl: server.adminUrl, passwords, prefix: PREFIX })

    const folder = await mkdtemp(join(tmpdir(), 'kontor-drill-'))
    closers.push(() => rm(folder, { recursive: true, force: true }))
    const keystore = join(folder, 'keystore.json')
    const passphrase = secret()
    await createKeystoreFile(keystore, passphrase, { random: randomBytes, nowMs: Date.now })
    const environment = {
      VAULT_DATABASE_URL: urls.vault.url,
      KEYS_DATABASE_URL: urls.keys.url,
      KEYSTORE_FILE: keystore,
      KEYSTORE_PASSPHRASE: passphrase,
      KEYS_BACKUP_RETENTION_DAYS: '30',
      AUDIT_SINK_FILE: join(folder, 'audit.log'),
      LOG_LEVEL: 'info',
    }
    const owner = await makeTenant(urls.vault.migrationUrl)
    const [first, second] = await Promise.all(
      ['A', 'B'].map((name) => startKillable('vault', `process ${name}`, environment)),
    )
    closers.push(() => Promise.all([first?.stop(), second?.stop()]))
    return {
      adminUrl: server.adminUrl,
      dataDirectory: server.dataDirectory,
      urls,
      names: { vault: nameIn(urls.vault.url), keys: nameIn(urls.keys.url) },
      first: first as KillableService,
      second: second as KillableService,
      environment,
      ...owner,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

const secret = () => randomBytes(18).toString('base64url')
const nameIn = (url: string) => new URL(url).pathname.slice(1)

async function makeTenant(migrationUrl: string): Promise<{ tenantId: string; key: string }> {
  const owner = connect({ url: migrationUrl, max: 1, applicationName: 'erasure drill' })
  try {
    const id = newUuid(toBucket(0), Date.now(), randomBytes)
    await createTenant(owner.knex, { id, slug: 'shop', name: 'Shop' })
    const key = await createVaultKey(
      owner.knex,
      {
        tenantId: id,
        mode: 'test',
        name: 'drill',
        role: 'admin',
        scopes: ['token.reveal', 'token.dedup_tenant'],
        purposes: [PURPOSE],
      },
      { random: randomBytes, nowMs: Date.now() },
    )
    return { tenantId: formatId('ten', id), key: key.text }
  } finally {
    await owner.close()
  }
}

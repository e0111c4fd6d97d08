import { randomBytes } from 'node:crypto'
import { startEmbedded } from '@kontor/embedded-postgres'
import { newUuid, toBucket } from '@kontor/ids'
import { installJobs } from '@kontor/jobs'
import {
  connect,
  createDatabases,
  DATABASES,
  type Database,
  type DatabaseName,
  type DatabaseUrls,
  migrate,
  type RolePasswords,
  serviceRole,
} from '@kontor/postgres'
import { createTenant } from '@kontor/tenancy'
import { migrationsOf } from '../support/test-server.ts'
import { type InvoicingStage, startInvoicing } from './invoicing-stage.ts'
import { startVault, type VaultStage } from './vault-stage.ts'

/** Where everything is measured: a server, its databases, a tenant, and the services once somebody asks for them. */
export interface Stage {
  readonly urls: DatabaseUrls
  readonly tenantId: string
  /** As the owner of a database, to prepare rows with. */
  readonly owners: Readonly<Record<DatabaseName, Database>>
  readonly profileFolder: string | undefined
  vault(): Promise<VaultStage>
  invoicing(): Promise<InvoicingStage>
  /** Brings the server to rest after rows were prepared: statistics are fresh, and no checkpoint is due. */
  settle(): Promise<void>
}

/** A throw-away server loses nothing by being careless, but a benchmark of careless commits would be worth nothing. */
const DURABLE = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on' }

/** Runs `work` on a PostgreSQL with durable commits, and removes everything afterwards. */
export async function onStage<T>(
  options: { readonly profileFolder: string | undefined; log(line: string): void },
  work: (stage: Stage) => Promise<T>,
): Promise<T> {
  const server = await startEmbedded({ throwAway: true, settings: DURABLE, log: options.log })
  const closing: (() => Promise<void>)[] = [() => server.destroy()]
  try {
    const urls = await createDatabases(server.adminUrl, newPasswords())
    for (const name of DATABASES) await migrate(urls[name].migrationUrl, migrationsOf(name), () => {})
    await installJobs(urls.invoicing.migrationUrl, serviceRole('invoicing'))
    const open = (url: string) => {
      const database = connect({ url, max: 2, applicationName: 'bench preparing' })
      closing.push(() => database.close())
      return database
    }
    const owners = {
      vault: open(urls.vault.migrationUrl),
      keys: open(urls.keys.migrationUrl),
      invoicing: open(urls.invoicing.migrationUrl),
    }
    const admin = open(server.adminUrl)
    const tenantId = newUuid(toBucket(0), Date.now(), randomBytes)
    for (const { knex } of [owners.vault, owners.invoicing]) {
      await createTenant(knex, { id: tenantId, slug: 'bench', name: 'Bench' })
    }
    let vault: Promise<VaultStage> | undefined
    let invoicing: Promise<InvoicingStage> | undefined
    const stage: Stage = {
      urls,
      tenantId,
      owners,
      profileFolder: options.profileFolder,
      vault() {
        vault ??= startVault(stage).then((started) => {
          closing.push(started.close)
          return started
        })
        return vault
      },
      invoicing() {
        invoicing ??= startInvoicing(stage).then((started) => {
          closing.push(started.close)
          return started
        })
        return invoicing
      },
      async settle() {
        for (const { knex } of Object.values(owners)) await knex.raw('vacuum analyze')
        await admin.knex.raw('checkpoint')
      },
    }
    return await work(stage)
  } finally {
    for (const close of closing.reverse()) await close()
  }
}

function newPasswords(): RolePasswords {
  const pair = () => ({ owner: randomBytes(18).toString('base64url'), service: randomBytes(18).toString('base64url') })
  return { vault: pair(), keys: pair(), invoicing: pair() }
}

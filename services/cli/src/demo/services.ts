import { join } from 'node:path'
import type { DatabaseUrls } from '@kontor/postgres'
import { serviceMain } from '../config.ts'
import type { Home, ServiceUrls } from './home.ts'
import { LOOPBACK, type Ports } from './ports.ts'
import type { Secrets } from './secrets.ts'
import { type ServiceProcess, startService } from './service-process.ts'

export interface ServicePair {
  readonly vault: ServiceProcess
  readonly invoicing: ServiceProcess
}

export interface ServiceSettings {
  readonly home: Home
  readonly ports: Ports
  readonly databases: DatabaseUrls
  readonly secrets: Secrets
  readonly logLevel: string
  readonly processorServers: Readonly<Record<string, string>>
  /** Of the launcher: where programs are found. */
  readonly path: string
}

/** Starts both services side by side; if one does not come up, neither stays. */
export async function startServices(settings: ServiceSettings): Promise<ServicePair> {
  const { home, logLevel, path, processorServers } = settings
  const environments = { vault: vaultEnvironment(settings), invoicing: invoicingEnvironment(settings) }
  const start = (name: 'vault' | 'invoicing') =>
    startService({
      name,
      mainFile: serviceMain(name),
      env: { ...environments[name], ...processorServers, LOG_LEVEL: logLevel, PATH: path, NODE_ENV: 'production' },
      logFile: join(home.log, `${name}.log`),
    })
  const started = await Promise.allSettled([start('vault'), start('invoicing')])
  const [vault, invoicing] = started
  if (vault.status === 'fulfilled' && invoicing.status === 'fulfilled') {
    return { vault: vault.value, invoicing: invoicing.value }
  }
  await Promise.all(started.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.stop() : undefined)))
  throw started.find((outcome) => outcome.status === 'rejected')?.reason
}

export const serviceUrls = ({ vault, invoicing }: ServicePair): ServiceUrls => ({
  vault_url: vault.url,
  invoicing_url: invoicing.url,
})

function vaultEnvironment({ home, ports, databases, secrets }: ServiceSettings): Record<string, string> {
  return {
    VAULT_DATABASE_URL: databases.vault.url,
    KEYS_DATABASE_URL: databases.keys.url,
    VAULT_LISTEN: `${LOOPBACK}:${ports.vault}`,
    KEYSTORE_FILE: home.keystore,
    AUDIT_SINK_FILE: home.checkpoints,
    KEYSTORE_PASSPHRASE: secrets.keystore_passphrase,
    // The demo makes no backups.
    KEYS_BACKUP_RETENTION_DAYS: '0',
  }
}

function invoicingEnvironment({ ports, databases, secrets }: ServiceSettings): Record<string, string> {
  return {
    INVOICING_DATABASE_URL: databases.invoicing.url,
    INVOICING_LISTEN: `${LOOPBACK}:${ports.invoicing}`,
    INVOICING_SECRET: secrets.invoicing_secret,
    VAULT_URL: `http://${LOOPBACK}:${ports.vault}`,
    VAULT_SERVICE_KEY_TEST: secrets.api_keys.vault_service,
    // Whoever tries webhooks out listens on the same machine.
    WEBHOOK_LOOPBACK: 'true',
  }
}

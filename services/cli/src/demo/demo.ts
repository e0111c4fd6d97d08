import { randomBytes } from 'node:crypto'
import { bucketSource } from '@kontor/ids'
import { type Config, migrationFolder } from '../config.ts'
import type { StopRequest } from '../stop-request.ts'
import type { Screen } from '../terminal/screen.ts'
import { shownPath } from '../terminal/shown-path.ts'
import { prepareDatabases, startOwnServer, useServer } from './databases.ts'
import { DEMO_TENANT, ensureDemoTenant } from './demo-tenant.ts'
import { type Home, type ServiceUrls, takeHome } from './home.ts'
import { ensureKeystore } from './keystore.ts'
import { choosePorts } from './ports.ts'
import { exists, openSecrets, type Secrets } from './secrets.ts'
import { PortTaken } from './service-process.ts'
import { type ServicePair, type ServiceSettings, serviceUrls, startServices } from './services.ts'

/** Everything a stranger needs to see Kontor work, running on this machine. */
export interface Demo {
  readonly home: Home
  readonly urls: ServiceUrls
  readonly apiKeys: Secrets['api_keys']
  /** Settles when a service ends by itself, with the error to report. */
  readonly broken: Promise<Error>
}

/**
 * Brings the demo up, one line on the screen for each part.
 *
 * @param closing Takes what must be undone; whoever gave it undoes it, also when this fails half-way.
 * @throws {Sentence} What a person can do something about.
 */
export async function startDemo(
  config: Config,
  { screen, stop, closing, path }: { screen: Screen; stop: StopRequest; closing: AsyncDisposableStack; path: string },
): Promise<Demo> {
  const { signal } = stop
  await choosePorts(config.ports) // A port that cannot be had shows itself before anything is started.
  const home = await takeHome(config.home)
  closing.defer(() => home.release())
  const shown = (file: string) => shownPath(config.cwd, file)
  screen.say(`Kontor        starts in ${shown(home.folder)}`)

  const { secrets, made } = await openSecrets(home, randomBytes)
  if (made) {
    screen.say(`Secrets       made in ${shown(home.secrets)}, readable by you alone. Warning: they are for this demo.`)
    screen.say('              Never use them, or the PostgreSQL that comes along, in production.')
  }
  const server = config.postgresAdminUrl
    ? await useServer(config.postgresAdminUrl, !(await exists(home.keystore)))
    : await startOwnServer(home.postgres, (line) => screen.say(`PostgreSQL    ${line}`))
  closing.defer(() => server.stop())
  screen.say(`PostgreSQL    ${server.description}`)
  signal.throwIfAborted()

  const [databases] = await Promise.all([
    prepareDatabases(server.adminUrl, secrets.database_passwords, migrationFolder),
    ensureKeystore(home, secrets, { hasData: server.hasData, random: randomBytes }),
  ])
  const news = databases.migrations > 0 ? `, ${databases.migrations} migrations run` : ''
  screen.say(`Databases     kontor_vault, kontor_keys, kontor_invoicing${news}`)
  const ids = { nowMs: Date.now, random: randomBytes, randomBucket: bucketSource(randomBytes) }
  await ensureDemoTenant(databases.urls, secrets.api_keys, ids)
  signal.throwIfAborted()

  const { logLevel, processorServers } = config
  const settings = { home, databases: databases.urls, secrets, logLevel, processorServers, path }
  const services = await startOnPorts(config, settings)
  closing.defer(async () => {
    // Invoicing asks the vault, so it goes first.
    await services.invoicing.stop()
    await services.vault.stop()
  })
  stop.onInsist(() => {
    services.invoicing.kill()
    services.vault.kill()
  })
  const urls = serviceUrls(services)
  await home.announce(urls)
  screen.say(`Vault         ${urls.vault_url}`)
  screen.say(`Invoicing     ${urls.invoicing_url}`)
  screen.say(`Demo tenant   ${DEMO_TENANT.slug}; its API keys are in ${shown(home.secrets)}`)
  return { home, urls, apiKeys: secrets.api_keys, broken: Promise.race([services.vault.died, services.invoicing.died]) }
}

const PORTS_TRIED_MAX = 4

/** Another demo may take a port between the look and the start: then others are chosen, unless somebody asked for that one. */
async function startOnPorts(config: Config, settings: Omit<ServiceSettings, 'ports'>): Promise<ServicePair> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await startServices({ ...settings, ports: await choosePorts(config.ports) })
    } catch (error) {
      if (!(error instanceof PortTaken) || tries === PORTS_TRIED_MAX) throw error
    }
  }
}

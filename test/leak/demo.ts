import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { generateApiKey } from '@kontor/api-key'
import { startEmbedded } from '@kontor/embedded-postgres'
import { bucketSource, formatId, newUuid } from '@kontor/ids'
import { closeAll, connect, urlFor } from '@kontor/postgres'
import { createApiKey } from '@kontor/tenancy'
import { EXPLICIT_SCOPES } from '@kontor/vault'
import { descendantsOf, type Ended, kontor, survivorsOf } from '../e2e/kontor.ts'

/** The demo while it stays up, and what opens its doors. */
export interface RunningDemo {
  readonly home: string
  readonly vaultUrl: string
  readonly invoicingUrl: string
  readonly keys: {
    /** Role admin. */
    readonly vault: string
    readonly invoicing: string
    /** What invoicing shows to the vault. */
    readonly service: string
    /** May reveal, for the purpose `support`. */
    readonly reveal: string
  }
  readonly tenantId: string
  /** A superuser of its database server. */
  readonly adminUrl: string
  /** Presses Ctrl-C. @returns What it printed, and which of its processes are still there. */
  stop(): Promise<{ ended: Ended; survivors: readonly number[] }>
  /** Ends everything, for a test that failed. May be called when all has ended. */
  kill(): Promise<void>
}

const START_MAX_MS = 120_000
const STOP_MAX_MS = 20_000

/**
 * Starts the demo as a person would and waits until it has worked its orders. It logs as much as it can.
 *
 * @param env More of its environment.
 */
export async function startDemo(
  home: string,
  orders: string,
  env: Readonly<Record<string, string>>,
): Promise<RunningDemo> {
  const running = kontor(['start', orders], { KONTOR_HOME: home, LOG_LEVEL: 'trace', ...env })
  const pid = running.process.pid as number
  const kill = async () => {
    if (running.process.exitCode === null) process.kill(-pid, 'SIGINT')
    await Promise.race([running.ended, wait(STOP_MAX_MS, undefined, { ref: false })])
    running.process.kill('SIGKILL')
  }
  try {
    const late = wait(START_MAX_MS, undefined, { ref: false }).then(() =>
      Promise.reject(new Error('it takes too long')),
    )
    await Promise.race([running.prints('Ctrl-C'), late])
    const { vault_url, invoicing_url } = readJson<{ vault_url: string; invoicing_url: string }>(home, 'running.json')
    const { api_keys } = readJson<{ api_keys: Record<'vault' | 'invoicing' | 'vault_service', string> }>(
      home,
      'secrets.json',
    )
    const server = await startEmbedded({ dataFolder: join(home, 'postgres'), log: () => {} })
    const { tenantId, reveal } = await makeRevealKey(server.adminUrl)
    return {
      home,
      vaultUrl: vault_url,
      invoicingUrl: invoicing_url,
      keys: { vault: api_keys.vault, invoicing: api_keys.invoicing, service: api_keys.vault_service, reveal },
      tenantId,
      adminUrl: server.adminUrl,
      kill,
      async stop() {
        const processes = descendantsOf(pid)
        process.kill(-pid, 'SIGINT')
        const ended = await running.ended
        return { ended, survivors: await survivorsOf(processes) }
      },
    }
  } catch (error) {
    await kill()
    throw error
  }
}

const readJson = <T>(home: string, file: string): T => JSON.parse(readFileSync(join(home, file), 'utf8')) as T

async function makeRevealKey(adminUrl: string): Promise<{ tenantId: string; reveal: string }> {
  const vault = connect({ url: urlFor(adminUrl, 'kontor_vault'), max: 1, applicationName: 'leak test' })
  try {
    const tenant = await vault.knex('tenant').select('id').where({ slug: 'demo' }).first()
    const key = generateApiKey({ service: 'vault', mode: 'test', random: randomBytes })
    await createApiKey(vault.knex, {
      id: newUuid(bucketSource(randomBytes)(), Date.now(), randomBytes),
      key,
      tenantId: tenant.id,
      mode: 'test',
      name: 'leak test',
      role: 'accounting',
      scopes: EXPLICIT_SCOPES.filter((scope) => scope.startsWith('token.reveal:')),
      purposes: ['support'],
      expiresAt: null,
    })
    return { tenantId: formatId('ten', tenant.id), reveal: key.text }
  } finally {
    await closeAll(vault)
  }
}

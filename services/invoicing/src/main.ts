import { randomBytes } from 'node:crypto'
import { createLogger, drain } from '@kontor/http-api'
import { idSource } from '@kontor/ids'
import { openFonts } from '@kontor/invoice-pdf'
import { startJobs } from '@kontor/jobs'
import { connect } from '@kontor/postgres'
import { keyAuthenticator } from '@kontor/tenancy'
import { sender } from '@kontor/webhooks'
import { buildInvoicing } from './app.ts'
import { ConfigError, readConfig } from './config.ts'
import type { Deps } from './deps.ts'
import { endInTime } from './end-in-time.ts'
import { invoicingTasks } from './jobs.ts'
import { processorsOf } from './processors/processor-of.ts'
import { scopesOf } from './roles.ts'
import { vaultClient } from './vault/client.ts'
import { vaultCredentials } from './vault/credentials.ts'
import { vaultFeed } from './vault/feed.ts'
import { vaultRegistrations } from './vault/registrations.ts'
import { startWebhooks } from './webhook-jobs.ts'

/** Shorter than the 30 s after which orchestrators kill. */
const DRAIN_DEADLINE_MS = 20_000
/** For everything: requests, jobs, and what they give back to the database. */
const END_DEADLINE_MS = 25_000

/** The process: read config, connect, listen, and on a signal finish what was accepted. */
async function main(): Promise<void> {
  const config = readConfig(process.env)
  const logger = createLogger('invoicing', config.logLevel)
  const database = connect({ url: config.databaseUrl, max: config.connectionsMax, applicationName: 'kontor-invoicing' })
  const vault = { url: config.vaultUrl, keys: config.vaultKeys }
  const deps: Deps = {
    database,
    idempotencySecret: config.idempotencySecret,
    newId: idSource(Date.now, randomBytes),
    random: randomBytes,
    now: () => new Date(),
    findInstrument: vaultClient(vault.url, vault.keys),
    processorOf: processorsOf({
      database,
      credentialsOf: vaultCredentials(vault),
      baseUrls: config.processorUrls,
      nowMs: Date.now,
      monotonicMs: () => performance.now(),
    }),
    registrationOf: vaultRegistrations(vault),
    readVaultFeed: vaultFeed(vault.url, vault.keys),
    webhooks: {
      secret: config.idempotencySecret,
      loopback: config.webhookLoopback,
      send: sender({ loopback: config.webhookLoopback }),
    },
    fonts: await openFonts(),
    payerWaitsMs: config.payerWaitsMs,
  }
  const app = await buildInvoicing(deps, {
    logger,
    authenticate: keyAuthenticator({ database, service: 'invoicing', scopesOf, nowMs: Date.now }),
    monotonicMs: () => performance.now(),
    trustedProxies: config.trustedProxies,
  })
  const jobs =
    config.jobsMax === 0
      ? undefined
      : startJobs({
          url: config.databaseUrl,
          tasks: invoicingTasks(deps, (error) => logger.error({ event: 'job_defect', err: error })),
          concurrency: config.jobsMax,
          log: (level, event, error) => logger[level]({ event, err: error }),
        })
  const telling =
    config.webhooksMax === 0
      ? undefined
      : await startWebhooks(deps, {
          url: config.databaseUrl,
          concurrency: config.webhooksMax,
          log: (level, event, error) => logger[level]({ event, err: error }),
        })
  const end = async () => {
    const drained = drain(app, { deadlineMs: DRAIN_DEADLINE_MS, monotonicMs: () => performance.now() })
    await Promise.all([drained, jobs?.stop(), telling?.stop()])
    await database.close()
  }
  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= endInTime(end(), END_DEADLINE_MS).then((inTime) => {
      if (!inTime) logger.warn({ event: 'left_behind' })
      process.exit(0)
    })
    return closing
  }
  process.on('SIGTERM', close)
  process.on('SIGINT', close)
  // A launcher that is killed takes the service with it.
  process.on('disconnect', close)
  const url = await app.listen({ host: config.host, port: config.port })
  logger.info({ event: 'listening', url })
  process.send?.({ listening: url })
}

main().catch((error: unknown) => {
  const reason = error instanceof ConfigError ? error.message : describe(error)
  process.stderr.write(`invoicing cannot start: ${reason}\n`)
  process.exit(1)
})

function describe(error: unknown): string {
  const code = (error as { code?: unknown }).code
  if (code === 'EADDRINUSE') return 'the port of INVOICING_LISTEN is taken'
  return error instanceof Error
    ? `${error.constructor.name}${typeof code === 'string' ? ` ${code}` : ''}`
    : 'unknown error'
}

import { randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { createLogger, drain } from '@kontor/http-api'
import { KeystoreCorrupt, KeystoreExposed, KeystoreLocked, KeystoreMissing, KeystoreUnreadable } from '@kontor/keystore'
import { closeAll, connect } from '@kontor/postgres'
import { buildVault } from './app.ts'
import { fileSink } from './audit/sink.ts'
import { InvalidConfig, readConfig } from './config.ts'
import { openKeyProvider } from './key-provider.ts'

/** Connections of one process. One carries the coalesced writes; the others reads and deletions. */
const VAULT_CONNECTIONS = 10
const KEYS_CONNECTIONS = 5
/** A checkpoint is signed within a second of what it covers, so there is time for three rounds that fail. */
const SEAL_EVERY_MS = 250
/** For one request. A registration takes three at most, and a caller should still be there. */
const PROCESSOR_TIMEOUT_MS = 15_000
/** Shorter than the 30 s after which orchestrators kill. */
const DRAIN_DEADLINE_MS = 20_000
const KEYSTORE_ERRORS = [KeystoreCorrupt, KeystoreExposed, KeystoreLocked, KeystoreMissing, KeystoreUnreadable]

/**
 * Runs the vault until it is told to stop.
 *
 * It stops on SIGTERM, SIGINT, or when whoever started it with an IPC channel is gone, so that a launcher that is killed leaves
 * nothing running. Requests under way are answered first.
 */
async function run(): Promise<void> {
  const launched = process.connected
  const config = readConfig()
  const logger = createLogger('vault', config.logLevel)
  const provider = await openKeyProvider(config.keyProvider)
  const vault = connect({ url: config.vaultDatabaseUrl, max: VAULT_CONNECTIONS, applicationName: 'kontor vault' })
  const keys = connect({ url: config.keysDatabaseUrl, max: KEYS_CONNECTIONS, applicationName: 'kontor vault' })
  const app = await buildVault({
    vault,
    keys,
    provider,
    logger,
    keysBackupRetentionDays: config.keysBackupRetentionDays,
    keyJobRowsPerSecond: config.keyJobRowsPerSecond,
    audit: { sink: fileSink(config.auditSinkFile), sealEveryMs: SEAL_EVERY_MS },
    processors: { servers: config.processorServers, timeoutMs: PROCESSOR_TIMEOUT_MS },
    trustedProxies: config.trustedProxies,
    now: () => new Date(),
    monotonicMs: () => performance.now(),
    random: randomBytes,
  })

  let stopping = false
  async function stop(): Promise<void> {
    if (stopping) return
    stopping = true
    await drain(app, {
      noticeMs: config.drainNoticeMs,
      deadlineMs: DRAIN_DEADLINE_MS,
      monotonicMs: () => performance.now(),
    })
    await closeAll(vault, keys)
    logger.info({ event: 'stopped' })
    logger.flush(() => process.exit(0))
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop())
  process.on('disconnect', () => void stop())
  // Opening the keystore takes half a second, in which the launcher may have gone.
  if (launched && !process.connected) return stop()

  const url = await app.listen(config.listen)
  logger.info({ event: 'listening', url })
  if (process.connected) process.send?.({ listening: url })
}

/** @returns One sentence for the operator. Only messages that were written for one are repeated. */
function reasonOf(error: unknown): string {
  if (error instanceof InvalidConfig || KEYSTORE_ERRORS.some((kind) => error instanceof kind)) {
    return (error as Error).message
  }
  const { code, syscall } = error as { code?: unknown; syscall?: unknown }
  if (code === 'EADDRINUSE') return 'The port of VAULT_LISTEN is taken.'
  if (syscall === 'listen' && (code === 'EACCES' || code === 'EADDRNOTAVAIL'))
    return 'The address of VAULT_LISTEN cannot be used.'
  return error instanceof Error ? `${error.name}${typeof code === 'string' ? ` ${code}` : ''}.` : 'Unknown error.'
}

try {
  await run()
} catch (error) {
  process.stderr.write(`vault cannot start: ${reasonOf(error)}\n`)
  process.exit(1)
}

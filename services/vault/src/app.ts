import { type ApiServer, buildServer, type Logger, Unavailable } from '@kontor/http-api'
import { idSource } from '@kontor/ids'
import type { KeyProvider } from '@kontor/keystore'
import type { Database } from '@kontor/postgres'
import type { ProcessorServers } from '@kontor/processors'
import { keyAuthenticator } from '@kontor/tenancy'
import { erasures } from './accounts/erasures.ts'
import { guardBy, watchOver } from './accounts/guard.ts'
import { accountRoutes } from './accounts/routes.ts'
import { accounts } from './accounts/service.ts'
import { scopesOf } from './api-keys/roles.ts'
import { auditGate } from './audit/gate.ts'
import { findLogs, listLeaves } from './audit/repo.ts'
import { auditRoutes } from './audit/routes.ts'
import { sealer } from './audit/sealer.ts'
import { audit } from './audit/service.ts'
import type { CheckpointSink } from './audit/sink.ts'
import { feed, type SealedLog } from './event-feed/feed.ts'
import { eventRoutes } from './event-feed/routes.ts'
import { keysFeature } from './key-jobs/feature.ts'
import { keyRoutes } from './key-jobs/routes.ts'
import { deks } from './keys/deks.ts'
import { tenantKeys } from './keys/tenant-keys.ts'
import { connections } from './processors/connect.ts'
import { processorRoutes } from './processors/routes.ts'
import { processors } from './processors/service.ts'
import { registrationRoutes } from './registrations/routes.ts'
import { registrations } from './registrations/service.ts'
import { signingRoutes } from './signing/routes.ts'
import { signer } from './signing/signer.ts'
import { subjects } from './subjects/subjects.ts'
import { destroyTokensOf } from './tokens/destroy.ts'
import { registrableTokens } from './tokens/registrable.ts'
import { resealableRecords } from './tokens/resealing.ts'
import { tokenRoutes } from './tokens/routes.ts'
import { tokens } from './tokens/service.ts'
import { sweepEvery } from './tokens/sweep-timer.ts'

/** What the vault is made of. */
export interface VaultDeps {
  /** As `kontor_vault_service`. */
  readonly vault: Database
  /** As `kontor_keys_service`. */
  readonly keys: Database
  /** Holds the root KEKs. */
  readonly provider: KeyProvider
  readonly logger: Logger
  /** How long a backup of `kontor_keys` is kept, in days: after it an erasure is final. */
  readonly keysBackupRetentionDays: number
  /** At what pace this process does jobs on keys; without it, it does none. */
  readonly keyJobRowsPerSecond?: number
  /** Where checkpoints of the audit go, and the pause between two rounds of the sealer. */
  readonly audit: { readonly sink: CheckpointSink; readonly sealEveryMs: number }
  /** Where processors are, and how long one request to them may take. */
  readonly processors: { readonly servers: ProcessorServers; readonly timeoutMs: number }
  readonly now: () => Date
  /** A clock that never goes back, in milliseconds. */
  readonly monotonicMs: () => number
  readonly random: (size: number) => Uint8Array
  /** Proxies whose word on the source address is taken; nobody's unless given. */
  readonly trustedProxies?: readonly string[]
}

const DESCRIPTION = `Keeps cards, bank accounts and PayPal accounts with their holders' names, and gives tokens for them.

Send \`Authorization: Bearer <API key>\`. Errors are problem documents (RFC 9457): switch on \`code\`.
A POST that stores something needs an \`Idempotency-Key\`; the same request under the same key is done once.`

/** The longest body is a bank account with 50 metadata of 500 characters, every character escaped. */
const BODY_BYTES_MAX = 262_144
const SWEEP_EVERY_MS = 10_000

/** Wires the vault by hand. The caller listens, and closes the databases after the server. */
export async function buildVault(deps: VaultDeps): Promise<ApiServer> {
  const { vault, keys, provider, random, now, monotonicMs } = deps
  const ofTenants = tenantKeys({ database: keys, provider, random, monotonicMs })
  const ofSubjects = deks({ database: keys, provider, random, monotonicMs }, ofTenants)
  const signs = signer({ database: keys, provider, monotonicMs })
  const newId = idSource(() => now().getTime(), random)
  const known = subjects(vault, newId)
  const gate = auditGate({ database: vault, monotonicMs })
  const feature = tokens({
    database: vault,
    tenantKeys: ofTenants,
    deks: ofSubjects,
    subjects: known,
    newId,
    now,
    auditGate: gate,
  })

  const ofProcessors = processors({ database: vault, tenantKeys: ofTenants, newId, now, auditGate: gate })
  const connected = connections({ ...deps.processors, database: vault, tenantKeys: ofTenants, now, monotonicMs })
  const ofRegistrations = registrations({
    database: vault,
    tenantKeys: ofTenants,
    tokens: registrableTokens({ database: vault, deks: ofSubjects, now }),
    processorOf: connected.processorOf,
    newId,
    now,
  })

  const erasing = { tenantKeys: ofTenants, deks: ofSubjects, destroyTokens: destroyTokensOf, newId, now }
  const { completes, passage, watching } = erasures({
    ...erasing,
    vault,
    keys,
    signs,
    backupRetentionDays: deps.keysBackupRetentionDays,
    logger: deps.logger,
  })
  const ofAccounts = accounts({ ...erasing, database: vault, subjects: known, completer: completes })

  const { keyring, runner } = keysFeature({
    ...deps,
    tenantKeys: ofTenants,
    deks: ofSubjects,
    signer: signs,
    records: resealableRecords(vault, ofSubjects),
    newId,
    pass: () => passage.pass(),
  })

  const app = await buildServer({
    title: 'Kontor vault',
    description: DESCRIPTION,
    version: '0.1.0',
    logger: deps.logger,
    authenticate: keyAuthenticator({ database: vault, service: 'vault', scopesOf, nowMs: () => now().getTime() }),
    ready: async () => {
      await pingVault(vault)
      await ofSubjects.ping()
      await ofTenants.ping()
      passage.pass()
    },
    bodyLimit: BODY_BYTES_MAX,
    monotonicMs,
    ...(deps.trustedProxies && { trustedProxies: deps.trustedProxies }),
  })
  await app.register(async (routes) => {
    routes.addHook('onRequest', (_request, reply, done) => {
      reply.header('cache-control', 'no-store')
      done()
    })
    guardBy(passage, routes as ApiServer)
    tokenRoutes(routes as ApiServer, feature)
    registrationRoutes(routes as ApiServer, ofRegistrations)
    processorRoutes(routes as ApiServer, ofProcessors)
    accountRoutes(routes as ApiServer, ofAccounts)
    signingRoutes(routes as ApiServer, signs)
    keyRoutes(routes as ApiServer, keyring)
    auditRoutes(routes as ApiServer, audit({ database: vault }))
    eventRoutes(routes as ApiServer, feed({ database: vault, log: sealedLog(vault) }))
  })

  const sweeper = setInterval(() => {
    ofTenants.sweep()
    ofSubjects.sweep()
    signs.sweep()
    connected.sweep()
  }, SWEEP_EVERY_MS).unref()
  app.addHook('onClose', async () => clearInterval(sweeper))
  app.addHook('onClose', sweepEvery(feature.sweep, { everyMs: SWEEP_EVERY_MS, logger: deps.logger }))
  if (deps.keyJobRowsPerSecond !== undefined) runner.start(deps.keyJobRowsPerSecond)
  app.addHook('onClose', () => runner.stop())
  watchOver(app, watching)
  const { sink, sealEveryMs } = deps.audit
  const seals = sealer({ database: vault, tenantKeys: ofTenants, signer: signs, sink, logger: deps.logger, now })
  // The first round is waited for: until it is over nothing would be revealed.
  app.addHook('onReady', () => seals.start(sealEveryMs))
  app.addHook('onClose', () => seals.stop())
  return app
}

/** The audit's log, as far as those need it who follow what happens. */
function sealedLog(database: Database): SealedLog {
  return {
    entries: (log, from, limit) => listLeaves(database, log, from, limit),
    size: async (log) => {
      const logs = await findLogs(database, [log])
      return logs.find(({ tenantId, mode }) => tenantId === log.tenantId && mode === log.mode)?.frontier.size ?? 0
    },
  }
}

/** Asks the database a question that only its schema can answer. */
async function pingVault(vault: Database): Promise<void> {
  await vault.hotSql('ping_vault', 'select from token limit 0', []).catch((cause: unknown) => {
    throw new Unavailable('database_unavailable', 'the database', { cause })
  })
}

import { type ApiServer, buildServer, type Logger, Unavailable } from '@kontor/http-api'
import { idSource } from '@kontor/ids'
import type { KeyProvider } from '@kontor/keystore'
import type { Database } from '@kontor/postgres'
import { keyAuthenticator } from '@kontor/tenancy'
import { scopesOf } from './api-keys/roles.ts'
import { deks } from './keys/deks.ts'
import { tenantKeys } from './keys/tenant-keys.ts'
import { subjects } from './subjects/subjects.ts'
import { tokenRoutes } from './tokens/routes.ts'
import { tokens } from './tokens/service.ts'

/** What the vault is made of. */
export interface VaultDeps {
  /** As `kontor_vault_service`. */
  readonly vault: Database
  /** As `kontor_keys_service`. */
  readonly keys: Database
  /** Holds the root KEKs. */
  readonly provider: KeyProvider
  readonly logger: Logger
  readonly now: () => Date
  /** A clock that never goes back, in milliseconds. */
  readonly monotonicMs: () => number
  readonly random: (size: number) => Uint8Array
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
  const feature = tokens({
    database: vault,
    tenantKeys: ofTenants,
    deks: ofSubjects,
    subjects: subjects(vault),
    newId: idSource(() => now().getTime(), random),
    now,
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
    },
    bodyLimit: BODY_BYTES_MAX,
  })
  await app.register(async (routes) => {
    routes.addHook('onRequest', async (_request, reply) => {
      reply.header('cache-control', 'no-store')
    })
    tokenRoutes(routes as ApiServer, feature)
  })

  const sweeper = setInterval(() => {
    ofTenants.sweep()
    ofSubjects.sweep()
  }, SWEEP_EVERY_MS).unref()
  app.addHook('onClose', async () => clearInterval(sweeper))
  return app
}

/** Asks the database a question that only its schema can answer. */
async function pingVault(vault: Database): Promise<void> {
  await vault.hotSql('ping_vault', 'select from token limit 0', []).catch((cause: unknown) => {
    throw new Unavailable('database_unavailable', 'the database', { cause })
  })
}

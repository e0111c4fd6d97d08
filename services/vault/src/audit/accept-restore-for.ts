import { createLogger } from '@kontor/http-api'
import { closeAll, connect } from '@kontor/postgres'
import { type Environment, readConfig } from '../config.ts'
import { openKeyProvider } from '../key-provider.ts'
import { tenantKeys } from '../keys/tenant-keys.ts'
import { signer } from '../signing/signer.ts'
import { type AcceptedLog, acceptRestore } from './accept-restore.ts'
import { fileSink } from './sink.ts'

/**
 * Accepts a restore (see `acceptRestore`) as a process with the environment of the vault.
 *
 * @throws {InvalidConfig} One sentence for the operator.
 */
export async function acceptRestoreFor(
  environment: Environment,
  deps: {
    readonly random: (size: number) => Uint8Array
    readonly now: () => Date
    readonly monotonicMs: () => number
  },
): Promise<AcceptedLog[]> {
  const config = readConfig(environment)
  const provider = await openKeyProvider(config.keyProvider)
  const options = { max: 3, applicationName: 'kontor audit accept-restore' }
  const vault = connect({ url: config.vaultDatabaseUrl, ...options })
  const keys = connect({ url: config.keysDatabaseUrl, ...options })
  try {
    const keyDeps = { database: keys, provider, ...deps }
    return await acceptRestore({
      database: vault,
      tenantKeys: tenantKeys(keyDeps),
      signer: signer(keyDeps),
      sink: fileSink(config.auditSinkFile),
      logger: createLogger('vault', 'silent'),
      now: deps.now,
    })
  } finally {
    await closeAll(vault, keys)
  }
}

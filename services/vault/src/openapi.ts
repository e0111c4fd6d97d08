import { createLogger } from '@kontor/http-api'
import type { Database } from '@kontor/postgres'
import { processorServers } from '@kontor/processors'
import { buildVault } from './app.ts'

/**
 * Prints the description of the API as it is committed: the same text every time, from the schemas alone.
 *
 * @returns OpenAPI 3.1 as indented JSON with a line feed at its end.
 */
export async function printOpenApi(): Promise<string> {
  const app = await buildVault({
    vault: unused('database'),
    keys: unused('database'),
    provider: unused('key provider'),
    logger: createLogger('vault', 'silent'),
    keysBackupRetentionDays: 0,
    audit: { sink: unused('sink'), sealEveryMs: 60_000 },
    processors: { servers: processorServers({}), timeoutMs: 0 },
    now: () => new Date(0),
    monotonicMs: () => 0,
    random: (size) => new Uint8Array(size),
  })
  try {
    await app.ready()
    return `${JSON.stringify(app.swagger(), null, 2)}\n`
  } finally {
    await app.close()
  }
}

/** Stands where a description needs nothing; using it is a defect, and says so. */
function unused<T extends object = Database>(what: string): T {
  return new Proxy({} as T, {
    get() {
      throw new Error(`the API description needs no ${what}`)
    },
  })
}

import { createLogger } from '@kontor/http-api'
import { buildInvoicing } from './app.ts'
import type { Deps } from './deps.ts'

/** Prints the API description from the schemas. Nothing of it needs a database, so it is given none. */
export async function printOpenApi(): Promise<string> {
  const inert: Partial<Deps> = { random: (size) => Buffer.alloc(size) }
  const logger = createLogger('openapi', 'silent')
  const app = await buildInvoicing(inert as Deps, { logger, authenticate: async () => undefined, monotonicMs: () => 0 })
  await app.ready()
  const description = app.swagger()
  await app.close()
  return `${JSON.stringify(description, null, 2)}\n`
}

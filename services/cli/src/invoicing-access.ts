import type { Command } from './commands/command.ts'
import { findRunning, homePaths } from './demo/home.ts'
import { findApiKeys } from './demo/secrets.ts'
import { type AdministrationApi, apiClient } from './job/api-client.ts'
import { Sentence } from './sentence.ts'

/**
 * Calls invoicing as the environment says, else that of the demo that runs here.
 *
 * @param timeoutMs How long an answer may take to its last byte.
 * @throws {Sentence} There is neither.
 */
export async function invoicingApi(
  { config, stop }: Pick<Command, 'config' | 'stop'>,
  { timeoutMs }: { readonly timeoutMs?: number } = {},
): Promise<AdministrationApi> {
  const { services, home } = config
  const running = await findRunning(home)
  const baseUrl = services.invoicingUrl ?? running?.invoicing_url
  if (!baseUrl) throw new Sentence('No demo runs here: start one with kontor start, or set INVOICING_URL.')
  // The demo's key goes to the demo's service alone.
  const keys = baseUrl === running?.invoicing_url ? await findApiKeys(homePaths(home).secrets) : undefined
  const apiKey = services.invoicingKey ?? keys?.invoicing
  if (!apiKey) throw new Sentence('INVOICING_API_KEY is not set.')
  const limit = timeoutMs === undefined ? {} : { timeoutMs }
  return apiClient({ service: 'invoicing', baseUrl, apiKey, signal: stop.signal, ...limit })
}

/** For the help of commands that call invoicing. */
export const INVOICING_ACCESS_HELP = `
Environment:
  INVOICING_URL        where invoicing is
  INVOICING_API_KEY    a key with the role accounting or admin; the demo's own is found by itself
  KONTOR_HOME          folder of the demo (default: .kontor)`

/** For commands that look into the books or write them, which those who write invoices may as well. */
export const BOOKS_ACCESS_HELP = INVOICING_ACCESS_HELP.replace('accounting or admin', 'accounting, invoicing or admin')

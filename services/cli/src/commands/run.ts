import { resolve } from 'node:path'
import type { Config } from '../config.ts'
import { findRunning, homePaths } from '../demo/home.ts'
import { findApiKeys } from '../demo/secrets.ts'
import { readOrders } from '../orders/read-orders.ts'
import { Sentence } from '../sentence.ts'
import type { Command } from './command.ts'
import { type Access, workOrders } from './work-orders.ts'

export interface RunOptions {
  readonly vaultUrl?: string
  readonly invoicingUrl?: string
  readonly out?: string
}

/** `kontor run`: the main job against services that run already. */
export async function run(
  { config, screen, stop }: Command,
  paths: readonly string[],
  options: RunOptions,
): Promise<number> {
  const files = await readOrders(paths.map((path) => resolve(config.cwd, path)))
  const access = await findAccess(config, options)
  const outFolder = options.out === undefined ? homePaths(config.home).out : resolve(config.cwd, options.out)
  const { worked, lines, failed } = await workOrders(
    files,
    { access, outFolder, cwd: config.cwd },
    { screen, signal: stop.signal },
  )
  screen.result(worked, lines)
  if (failed) throw new Sentence('A service failed at some orders: its log says why.')
  return 0
}

/** What the command line and the environment leave open comes from the demo that runs here. */
async function findAccess({ home, services }: Config, options: RunOptions): Promise<Access> {
  const running = await findRunning(home)
  const keys = running && (await findApiKeys(homePaths(home).secrets))
  const vaultUrl = options.vaultUrl ?? services.vaultUrl ?? running?.vault_url
  const invoicingUrl = options.invoicingUrl ?? services.invoicingUrl ?? running?.invoicing_url
  if (!vaultUrl || !invoicingUrl) {
    throw new Sentence('No demo runs here: start one with kontor start, or set VAULT_URL and INVOICING_URL.')
  }
  // The demo's keys go to the demo's services alone.
  const vaultKey = services.vaultKey ?? (vaultUrl === running?.vault_url ? keys?.vault : undefined)
  const invoicingKey = services.invoicingKey ?? (invoicingUrl === running?.invoicing_url ? keys?.invoicing : undefined)
  if (!vaultKey) throw new Sentence('VAULT_API_KEY is not set.')
  if (!invoicingKey) throw new Sentence('INVOICING_API_KEY is not set.')
  return { vaultUrl, invoicingUrl, vaultKey, invoicingKey }
}

import { resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { DEFAULT_ORDERS } from '../config.ts'
import { type Demo, startDemo } from '../demo/demo.ts'
import { type OrderFile, readOrders } from '../orders/read-orders.ts'
import { Sentence } from '../sentence.ts'
import type { Command } from './command.ts'
import { workOrders } from './work-orders.ts'

export interface StartOptions {
  /** End after the job, instead of staying up. */
  readonly once?: boolean
  readonly json?: boolean
}

/** `kontor start`: the demo, and the main job on its orders. */
export async function start(
  command: Command,
  paths: readonly string[],
  options: StartOptions,
  path: string,
): Promise<number> {
  const { config, screen } = command
  // A wrong path shows itself before anything is started.
  const files = await readOrders(paths.length > 0 ? paths.map((each) => resolve(config.cwd, each)) : [DEFAULT_ORDERS])
  await runDemo(command, files, options, path)
  screen.say(options.once ? 'Done, and everything is stopped. Without --once it stays up.' : 'Everything is stopped.')
  return 0
}

/** Brings everything up, works the orders, and takes everything down again, however it ends. */
async function runDemo(
  { config, screen, stop }: Command,
  files: readonly OrderFile[],
  options: StartOptions,
  path: string,
): Promise<void> {
  await using closing = new AsyncDisposableStack()
  const demo = await startDemo(config, { screen, stop, closing, path })
  const { vault_url, invoicing_url } = demo.urls
  const access = {
    vaultUrl: vault_url,
    invoicingUrl: invoicing_url,
    vaultKey: demo.apiKeys.vault,
    invoicingKey: demo.apiKeys.invoicing,
  }
  const { worked, lines, failed } = await unlessBroken(
    demo,
    workOrders(files, { access, outFolder: demo.home.out, cwd: config.cwd }, { screen, signal: stop.signal }),
  )
  const docs = { vault: `${vault_url}/docs`, invoicing: `${invoicing_url}/docs` }
  screen.result({ ...demo.urls, docs, ...worked }, [
    ...lines,
    `API reference ${docs.vault} (vault)`,
    `              ${docs.invoicing} (invoicing)`,
  ])
  if (failed) throw new Sentence(`A service failed at some orders: the logs in ${demo.home.log} say why.`)
  if (options.once) return
  screen.say('To stop       press Ctrl-C')
  await unlessBroken(demo, stop.requested)
  screen.say()
  screen.say('Stopping …')
}

/** @throws What a service that ended by itself has to say, as soon as it ends. */
async function unlessBroken<T>(demo: Demo, work: Promise<T>): Promise<T> {
  // When a service dies the work fails too, a moment earlier or later; why the service died says more.
  const outcome = work.catch(async (error: unknown) => {
    throw (await Promise.race([demo.broken, wait(500)])) ?? error
  })
  const broken = demo.broken.then((error) => {
    throw error
  })
  return Promise.race([outcome, broken])
}

import { randomBytes } from 'node:crypto'
import { bucketOf, formatId, newUuid, parseId } from '@kontor/ids'
import { makeTenant } from '../numbers/tenant.ts'
import { type KillableService, startKillable } from '../support/killable-service.ts'
import { type Armed, databaseTap, processorTap } from './moments.ts'
import { type TappedWay, tappedWay } from './tapped-way.ts'
import { openTills, type Processors } from './till.ts'
import { type KnownToken, vaultStandIn } from './vault.ts'

/** A process of invoicing whose every word to database and processors is heard, so that it can be ended in the middle of one. */
export interface WatchedProcess {
  readonly service: KillableService
  /** Ends it at a moment. @returns When it was ended and started again. */
  strikeAt(moment: NonNullable<Armed['moment']>): Promise<void>
  /** False from when it was ended until it listens again. */
  isUp(): boolean
  /** Ends it now. */
  kill(): Promise<void>
}

export interface Stage {
  readonly apiKey: string
  readonly processors: Processors
  readonly processes: readonly [WatchedProcess, WatchedProcess]
  /** A token of an account. */
  token(accountId: string, is: KnownToken['is']): string
  stop(): Promise<void>
  kill(): Promise<void>
}

export interface StageUrls {
  readonly url: string
  readonly migrationUrl: string
}

const target = (url: string) => ({ host: new URL(url).hostname, port: Number(new URL(url).port) })

function over(url: string, way: TappedWay): string {
  const moved = new URL(url)
  moved.hostname = way.host
  moved.port = String(way.port)
  return moved.href.replace(/\/$/, '')
}

/** Two processes of invoicing, each on ways of its own to one database and to fakes of both processors. */
export async function setStage(urls: StageUrls): Promise<Stage> {
  const apiKey = await makeTenant(urls.migrationUrl)
  const processors = await openTills()
  const tokens = new Map<string, KnownToken>()
  const vault = await vaultStandIn(tokens, processors)
  const secret = randomBytes(32).toString('hex')
  const ways: TappedWay[] = []

  async function watched(name: string): Promise<WatchedProcess> {
    const armed: Armed = { moment: undefined }
    let up = true
    let struck = () => {}
    const strike = () => struck()
    const lay = async (url: string, tap: typeof databaseTap) => {
      const way = await tappedWay(target(url), () => tap(armed), strike)
      ways.push(way)
      return over(url, way)
    }
    const service = await startKillable('invoicing', name, {
      INVOICING_DATABASE_URL: await lay(urls.url, databaseTap),
      STRIPE_BASE_URL: await lay(processors.stripe.baseUrl, processorTap),
      PAYPAL_BASE_URL: await lay(processors.paypal.baseUrl, processorTap),
      VAULT_URL: vault.url,
      VAULT_SERVICE_KEY_TEST: 'kv_test_stand-in',
      INVOICING_SECRET: secret,
      LOG_LEVEL: 'warn',
    })
    return {
      service,
      strikeAt: (moment) =>
        new Promise((resolve, reject) => {
          struck = () => {
            struck = () => {}
            up = false
            service
              .kill()
              .then(() => service.start())
              .then(() => {
                up = true
                resolve()
              })
              .catch(reject)
          }
          armed.moment = moment
        }),
      isUp: () => up,
      async kill() {
        armed.moment = undefined
        await service.kill()
      },
    }
  }

  const processes = [await watched('first'), await watched('second')] as const
  const end = async (how: 'kill' | 'stop') => {
    await Promise.all(processes.map(({ service }) => service[how]()))
    await Promise.all([...ways.map((way) => way.close()), vault.close(), processors.close()])
  }
  return {
    apiKey,
    processors,
    processes,
    token(accountId, is) {
      const id = formatId('tok', newUuid(bucketOf(parseId('acc', accountId)), Date.now(), randomBytes))
      tokens.set(id, { accountId, is })
      return id
    },
    stop: () => end('stop'),
    kill: () => end('kill'),
  }
}

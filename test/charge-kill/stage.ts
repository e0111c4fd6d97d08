import { randomBytes } from 'node:crypto'
import { bucketOf, formatId, newUuid, parseId } from '@kontor/ids'
import pg from 'pg'
import { makeTenant } from '../numbers/tenant.ts'
import { type KillableService, startKillable } from '../support/killable-service.ts'
import type { Armed, Moment } from './moments.ts'
import { type TappedWay, tappedWay } from './tapped-way.ts'
import { databaseTap, processorTap } from './taps.ts'
import { openTills, type Processors } from './till.ts'
import { type KnownToken, vaultStandIn } from './vault.ts'

/** A process of invoicing whose every word to database and processors is heard, so that it can be ended in the middle of one. */
export interface WatchedProcess {
  readonly service: KillableService
  /** False from when it was ended until it listens again. */
  isUp(): boolean
}

export interface Stage {
  readonly apiKey: string
  /** The id of the tenant on the wire. */
  readonly tenant: string
  readonly processors: Processors
  readonly processes: readonly [WatchedProcess, WatchedProcess]
  /** A token of an account. */
  token(accountId: string, is: KnownToken['is']): string
  /** Ends whichever process comes to a moment first. @returns When that was ended and started again. */
  strikeAt(moment: Moment): Promise<void>
  /** Ends both now. */
  strikeBoth(): Promise<void>
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
  const tenant = await onlyTenant(urls.migrationUrl)
  const processors = await openTills()
  const tokens = new Map<string, KnownToken>()
  const vault = await vaultStandIn(tokens, processors)
  const secret = randomBytes(32).toString('hex')
  const ways: TappedWay[] = []

  const armed: Armed = { moment: undefined }
  let struck: (service: KillableService, isUp: (up: boolean) => void) => void = () => {}

  async function watched(name: string): Promise<WatchedProcess> {
    let up = true
    const isUp = (now: boolean) => {
      up = now
    }
    const strike = () => struck(service, isUp)
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
    return { service, isUp: () => up }
  }

  const processes = [await watched('first'), await watched('second')] as const
  const end = async (how: 'kill' | 'stop') => {
    await Promise.all(processes.map(({ service }) => service[how]()))
    await Promise.all([...ways.map((way) => way.close()), vault.close(), processors.close()])
  }
  return {
    apiKey,
    tenant,
    processors,
    processes,
    token(accountId, is) {
      const id = formatId('tok', newUuid(bucketOf(parseId('acc', accountId)), Date.now(), randomBytes))
      tokens.set(id, { accountId, is })
      return id
    },
    strikeAt: (moment) =>
      new Promise((resolve, reject) => {
        struck = (service, isUp) => {
          struck = () => {}
          isUp(false)
          service
            .kill()
            .then(() => service.start())
            .then(() => {
              isUp(true)
              resolve()
            })
            .catch(reject)
        }
        armed.moment = moment
      }),
    async strikeBoth() {
      armed.moment = undefined
      await Promise.all(processes.map(({ service }) => service.kill()))
    },
    stop: () => end('stop'),
    kill: () => end('kill'),
  }
}

async function onlyTenant(url: string): Promise<string> {
  const db = new pg.Client({ connectionString: url })
  await db.connect()
  try {
    const { rows } = await db.query<{ id: string }>('select id from tenant')
    return formatId('ten', rows[0]?.id as string)
  } finally {
    await db.end()
  }
}

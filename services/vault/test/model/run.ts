import { randomBytes } from 'node:crypto'
import { formatId, newUuid, toBucket } from '@kontor/ids'
import fc from 'fast-check'
import { EXPLICIT_SCOPES } from '../../src/api-keys/roles.ts'
import { sweepOf } from '../sweep.ts'
import { call, newAccountId, type TestVault } from '../test-vault.ts'
import { askForAll, commands, type VaultUnderTest, World } from './commands.ts'
import { PURPOSE, toHttp } from './request.ts'
import { checkRows } from './rows.ts'

const ACCOUNTS = 2
/** The clock stands still while a run works, so that all of it falls into one minute. */
const KEY = {
  scopes: EXPLICIT_SCOPES,
  purposes: [PURPOSE],
  requestsPerMinute: 1_000_000,
  revealsPerMinute: 1_000_000,
}

/** Two instances of the vault over the same databases, for one tenant that nothing is stored of yet. */
async function newTenant(
  vault: TestVault,
  apps: readonly TestVault['app'][],
): Promise<{ tenantId: string; real: VaultUnderTest }> {
  const sweep = sweepOf(vault.deps)
  const slug = `model-${randomBytes(6).toString('hex')}`
  const tenantId = await vault.newTenant(slug)
  const key = await vault.newKey({ tenantId, role: 'admin', ...KEY })
  const real: VaultUnderTest = {
    async send(to, request) {
      const answer = await call(apps[to % apps.length] as TestVault['app'], { key, ...toHttp(request) })
      return {
        status: answer.status,
        replayed: answer.headers['idempotent-replayed'] === 'true',
        body: answer.text === '' ? undefined : answer.json(),
      }
    },
    advance(ms) {
      vault.clock.now = new Date(vault.clock.now.getTime() + ms)
    },
    async sweep() {
      await sweep()
    },
  }
  return { tenantId, real }
}

export interface ModelOptions {
  readonly runs: number
  readonly maxCommands: number
  /** Of an earlier failure, to have the same commands again. */
  readonly seed?: number
  /** Stands between the clients and the vault. */
  readonly between?: (real: VaultUnderTest) => VaultUnderTest
}

/**
 * Compares two instances of the vault with the model, in many short runs.
 *
 * A failure is not made shorter: what is a race may not come again, and a shorter run that did not fail would prove nothing.
 *
 * @throws {Error} With the seed, the commands of the run that differs, and every order that does not explain its answers.
 */
export async function compareWithModel(vault: TestVault, options: ModelOptions): Promise<void> {
  const { runs, maxCommands, seed, between = (real) => real } = options
  const apps = [vault.app, await vault.newApp()]
  await fc.assert(
    fc.asyncProperty(commands(maxCommands), async (chosen) => {
      const tenant = await newTenant(vault, apps)
      const real = between(tenant.real)
      const world = new World({
        nowMs: vault.clock.now.getTime(),
        accounts: Array.from({ length: ACCOUNTS }, newAccountId),
        nobody: formatId('tok', newUuid(toBucket(0), Date.now(), randomBytes)),
      })
      await fc.asyncModelRun(() => ({ model: world, real }), chosen)
      await askForAll(world, real)
      await checkRows(vault, tenant.tenantId, world.known.state)
    }),
    { numRuns: runs, endOnFailure: true, includeErrorInReport: true, ...(seed === undefined ? {} : { seed }) },
  )
}

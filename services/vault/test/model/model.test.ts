import test from 'ava'
import { type TestVault, testVault } from '../test-vault.ts'
import type { VaultUnderTest } from './commands.ts'
import { compareWithModel } from './run.ts'

const RUNS = 40
const COMMANDS_MAX = 15

let vault: TestVault

test.before(async () => {
  vault = await testVault()
})
test.after.always(() => vault?.close())

test.serial('two instances answer concurrent clients as if one request came after the other', async (t) => {
  await t.notThrowsAsync(compareWithModel(vault, { runs: RUNS, maxCommands: COMMANDS_MAX }))
})

test.serial(
  'a vault that acknowledges deletions and does nothing is found out, with the seed to see it again',
  async (t) => {
    const between = (real: VaultUnderTest): VaultUnderTest => ({
      ...real,
      async send(to, request) {
        const answer = await real.send(to, request.does === 'delete' ? { does: 'read', token: request.token } : request)
        return request.does === 'delete' && answer.status === 200 ? { ...answer, status: 204, body: undefined } : answer
      },
    })
    const error = await t.throwsAsync(compareWithModel(vault, { runs: RUNS, maxCommands: COMMANDS_MAX, between }))
    t.regex(error?.message ?? '', /seed: -?\d+/)
    t.regex(error?.message ?? '', /in the order 1/)
  },
)

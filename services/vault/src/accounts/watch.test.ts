import { createLogger } from '@kontor/http-api'
import type { Database } from '@kontor/postgres'
import test from 'ava'
import type { Completer } from './complete.ts'
import { gate } from './gate.ts'
import type { Replayer } from './replay.ts'
import { watch } from './watch.ts'

type Look = (rows: { incarnation: string }[]) => void

/** Two databases that say which incarnation they are, and a comparison that can be held up. */
function surroundings() {
  const incarnations: Record<'vault' | 'keys', string> = { vault: 'first', keys: 'first' }
  const looks: Record<string, Look | undefined> = {}
  const done: string[] = []
  const state = { differs: false, failing: false, hold: undefined as Promise<void> | undefined }
  const database = (name: 'vault' | 'keys') =>
    ({
      hotSql: async () => [{ incarnation: incarnations[name] }],
      onConnection: (_: string, look: Look) => {
        looks[name] = look
        return () => delete looks[name]
      },
    }) as unknown as Database
  const replayer: Replayer = {
    async compareAll() {
      await state.hold
      if (state.failing) throw new Error('down')
      done.push('compared')
      state.differs = false
      return { subjects: 0, keys: 0 }
    },
    differs: async () => state.differs,
  }
  const completer = { completeAll: async () => done.push('completed') && 0 } as unknown as Completer
  const passage = gate()
  const watching = watch({
    gate: passage,
    replayer,
    completer,
    databases: { vault: database('vault'), keys: database('keys') },
    logger: createLogger('test', 'silent'),
  })
  return { passage, watching, incarnations, looks, done, state }
}

test('the gate opens when the databases were compared, and not before', async (t) => {
  const { passage, watching, done } = surroundings()
  t.throws(() => passage.pass(), { message: /compares its databases/ })
  await watching.start()
  watching.stop()
  t.notThrows(() => passage.pass())
  t.deepEqual(done, ['compared'])
})

test('a comparison that fails leaves it closed, and the next one opens it', async (t) => {
  const { passage, watching, state } = surroundings()
  state.failing = true
  await watching.start()
  watching.stop()
  t.false(passage.isOpen())
  state.failing = false
  await watching.look()
  t.true(passage.isOpen())
})

test('a connection to another incarnation closes it at once, also for what was begun before', async (t) => {
  const { passage, watching, looks, incarnations, done } = surroundings()
  await watching.look()
  const begun = passage.generation()
  looks.vault?.([{ incarnation: 'first' }])
  t.true(passage.isOpen(), 'another connection to the same')
  incarnations.vault = 'restored'
  looks.vault?.([{ incarnation: 'restored' }])
  t.throws(() => passage.pass())
  await watching.look()
  t.deepEqual(done, ['compared', 'compared'])
  t.notThrows(() => passage.pass())
  t.throws(() => passage.pass(begun), { message: /compares/ })
})

test('another incarnation in the middle of a comparison keeps it closed until that one is compared', async (t) => {
  const { passage, watching, looks, incarnations, state } = surroundings()
  let go = () => {}
  state.hold = new Promise((resolve) => {
    go = resolve
  })
  const looking = watching.look()
  while (!looks.keys) await new Promise(setImmediate)
  await new Promise(setImmediate)
  incarnations.keys = 'restored'
  looks.keys([{ incarnation: 'restored' }])
  go()
  await looking
  t.false(passage.isOpen())
  await watching.look()
  t.true(passage.isOpen())
})

test('a backup put back under open connections is noticed by what it lacks', async (t) => {
  const { passage, watching, state, done } = surroundings()
  await watching.look()
  const begun = passage.generation()
  await watching.look()
  t.deepEqual(done, ['compared', 'completed'])
  state.differs = true
  await watching.look()
  t.deepEqual(done, ['compared', 'completed', 'compared'])
  t.true(passage.isOpen())
  t.throws(() => passage.pass(begun))
})

import test from 'ava'
import fc from 'fast-check'
import { coalescer, OutcomesDoNotMatch } from './coalescer.ts'

/** A database that writes when it is told to, and keeps what it was given. */
function pausedStore<Item>(outcome: (item: Item) => string = String) {
  const batches: Item[][] = []
  const gates: (() => void)[] = []
  return {
    batches,
    /** Lets the oldest batch in flight land. */
    land() {
      gates.shift()?.()
      return new Promise((resolve) => setImmediate(resolve))
    },
    async write(batch: Item[]): Promise<string[]> {
      batches.push(batch)
      await new Promise<void>((resolve) => gates.push(resolve))
      return batch.map(outcome)
    },
  }
}

const serverError = (code: string) => Object.assign(new Error(`SQLSTATE ${code}`), { code, severity: 'ERROR' })

test('alone, an item is written at once; what arrives meanwhile goes out as one batch, in order of arrival', async (t) => {
  const store = pausedStore<number>()
  const add = coalescer({ write: store.write, batchMax: 10 })
  const outcomes = [1, 2, 3, 4].map(add)
  t.deepEqual(store.batches, [[1]])
  await store.land()
  t.deepEqual(store.batches, [[1], [2, 3, 4]])
  await store.land()
  t.deepEqual(await Promise.all(outcomes), ['1', '2', '3', '4'])
})

test('a batch is never larger than batchMax', async (t) => {
  const store = pausedStore<number>()
  const add = coalescer({ write: store.write, batchMax: 2 })
  const outcomes = [1, 2, 3, 4].map(add)
  for (let i = 0; i < 3; i++) await store.land()
  t.deepEqual(store.batches, [[1], [2, 3], [4]])
  t.deepEqual(await Promise.all(outcomes), ['1', '2', '3', '4'])
})

test('with two lanes, a second batch goes out before the first has landed', async (t) => {
  const store = pausedStore<number>()
  const add = coalescer({ write: store.write, batchMax: 10, lanes: 2 })
  const outcomes = [1, 2, 3].map(add)
  t.deepEqual(store.batches, [[1], [2]])
  for (let i = 0; i < 3; i++) await store.land()
  t.deepEqual(await Promise.all(outcomes), ['1', '2', '3'])
})

test('whoever is bad fails alone, and every other item is written exactly once', async (t) => {
  const items = fc.array(fc.record({ n: fc.nat(), bad: fc.boolean() }), { maxLength: 40 })
  await t.notThrowsAsync(
    fc.assert(
      fc.asyncProperty(items, fc.integer({ min: 1, max: 16 }), async (given, batchMax) => {
        const written: object[] = []
        const add = coalescer({
          batchMax,
          async write(batch: { n: number; bad: boolean }[]) {
            await undefined
            if (batch.some((item) => item.bad)) throw serverError('23514')
            written.push(...batch)
            return batch.map((item) => item.n)
          },
        })
        const outcomes = await Promise.allSettled(given.map(add))
        const good = given.filter((item) => !item.bad)
        return (
          outcomes.every((outcome, i) =>
            outcome.status === 'fulfilled' ? outcome.value === given[i]?.n : given[i]?.bad === true,
          ) &&
          written.length === good.length &&
          good.every((item, i) => written[i] === item)
        )
      }),
    ),
  )
})

test('an Error in the place of an outcome refuses that item, without writing the others again', async (t) => {
  const batches: number[][] = []
  const add = coalescer({
    batchMax: 10,
    async write(batch: number[]): Promise<(number | RangeError)[]> {
      batches.push(batch)
      return batch.map((n) => (n === 2 ? new RangeError('two') : n * 10))
    },
  })
  const outcomes = await Promise.allSettled([1, 2, 3].map(add))
  t.deepEqual(
    outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value : outcome.reason.message)),
    [10, 'two', 30],
  )
  t.deepEqual(batches, [[1], [2, 3]])
})

for (const code of ['40P01', '40001']) {
  test(`a batch that lost to another transaction (${code}) is written again, whole`, async (t) => {
    let writes = 0
    const add = coalescer({
      batchMax: 10,
      async write(batch: number[]) {
        if (++writes < 6) throw serverError(code)
        return batch
      },
    })
    t.is(await add(7), 7)
    t.is(writes, 6)
  })
}

test('a batch that loses again and again is given up after six attempts', async (t) => {
  let writes = 0
  const add = coalescer<number, number>({
    batchMax: 10,
    async write() {
      writes++
      throw serverError('40P01')
    },
  })
  await t.throwsAsync(add(7), { message: 'SQLSTATE 40P01' })
  t.is(writes, 6)
})

for (const [what, error] of [
  ['the connection broke', Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' })],
  ['the server was shut down', serverError('57P01')],
] as const) {
  test(`when ${what} nothing is written again, because the batch may have been committed`, async (t) => {
    const batches: number[][] = []
    const add = coalescer<number, number>({
      batchMax: 10,
      async write(batch) {
        batches.push(batch)
        if (batch.length > 1) throw error
        return batch
      },
    })
    const outcomes = await Promise.allSettled([1, 2, 3].map(add))
    t.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'rejected'],
    )
    t.deepEqual(batches, [[1], [2, 3]])
    t.is(await add(4), 4, 'and the next batch goes out as ever')
  })
}

test('an answer with too few outcomes is a defect that every caller of the batch hears of, and nothing is written again', async (t) => {
  let writes = 0
  const add = coalescer<number, number>({
    batchMax: 10,
    async write() {
      writes++
      return []
    },
  })
  await t.throwsAsync(add(1), { instanceOf: OutcomesDoNotMatch })
  t.is(writes, 1)
})

test('items of one key never share a batch and never run beside each other', async (t) => {
  const item = fc.record({ key: fc.constantFrom('a', 'b', 'c'), bad: fc.boolean() })
  await t.notThrowsAsync(
    fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 30 }), fc.integer({ min: 1, max: 3 }), async (given, lanes) => {
        const inFlight = new Set<string>()
        const order: object[] = []
        let violated = false
        const add = coalescer({
          batchMax: 4,
          lanes,
          keyOf: (one: { key: string }) => one.key,
          async write(batch: { key: string; bad: boolean }[]) {
            for (const { key } of batch) {
              if (inFlight.has(key)) violated = true
              inFlight.add(key)
            }
            await new Promise((resolve) => setImmediate(resolve))
            for (const { key } of batch) inFlight.delete(key)
            if (batch.some(({ bad }) => bad)) throw serverError('23505')
            order.push(...batch)
            return batch
          },
        })
        const outcomes = await Promise.allSettled(given.map(add))
        const inOrderOfArrival = ['a', 'b', 'c'].every((key) => {
          const arrived = given.filter((one) => one.key === key && !one.bad)
          return order.filter((one) => (one as { key: string }).key === key).every((one, i) => one === arrived[i])
        })
        return (
          !violated && inOrderOfArrival && outcomes.every(({ status }, i) => (status === 'rejected') === given[i]?.bad)
        )
      }),
    ),
  )
})

test('a coalescer without room for an item is refused when it is made', (t) => {
  t.throws(() => coalescer({ write: async (batch) => batch, batchMax: 0 }), { instanceOf: RangeError })
})

test('with `enough`, what arrives in one turn goes out together at its end', async (t) => {
  const store = pausedStore<number>()
  const add = coalescer({ write: store.write, batchMax: 10, enough: 4 })
  const outcomes = [1, 2, 3].map(add)
  t.deepEqual(store.batches, [])
  await new Promise((resolve) => setImmediate(resolve))
  t.deepEqual(store.batches, [[1, 2, 3]])
  await store.land()
  t.deepEqual(await Promise.all(outcomes), ['1', '2', '3'])
})

test('with `enough`, so many go out in the middle of the turn', async (t) => {
  const store = pausedStore<number>()
  const add = coalescer({ write: store.write, batchMax: 10, enough: 2, lanes: 2 })
  const outcomes = [1, 2, 3, 4, 5].map(add)
  t.deepEqual(store.batches, [
    [1, 2],
    [3, 4],
  ])
  for (let i = 0; i < 3; i++) await store.land()
  t.deepEqual(await Promise.all(outcomes), ['1', '2', '3', '4', '5'])
  t.deepEqual(store.batches.at(-1), [5])
})

test('with `enough`, one item alone is written, and so is the next after it', async (t) => {
  const store = pausedStore<number>()
  const add = coalescer({ write: store.write, batchMax: 10, enough: 16 })
  for (const item of [1, 2]) {
    const outcome = add(item)
    await new Promise((resolve) => setImmediate(resolve))
    await store.land()
    t.is(await outcome, String(item))
  }
  t.deepEqual(store.batches, [[1], [2]])
})

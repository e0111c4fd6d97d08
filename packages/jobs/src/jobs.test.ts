import { closeAll, connect, serviceRole, withTransaction } from '@kontor/postgres'
import test, { type ExecutionContext } from 'ava'
import { freshDatabases } from '../../../test/support/database.ts'
import { addJobs } from './add-jobs.ts'
import { installJobs } from './install-jobs.ts'
import { QUEUES, schemaOf } from './queue.ts'
import { startJobs, workOffJobs } from './run-jobs.ts'

/** A database with the queue in it, as its service sees it. */
async function stage(t: ExecutionContext) {
  const databases = await freshDatabases(t)
  const database = connect({ url: databases.invoicingUrl, max: 2, applicationName: 'test' })
  const owner = connect({ url: databases.invoicingMigrationUrl, max: 1, applicationName: 'test-owner' })
  t.teardown(() => closeAll(database, owner))
  const sql = async <Row extends object>(text: string): Promise<Row[]> => (await owner.knex.raw(text)).rows
  return { url: databases.invoicingUrl, ownerUrl: databases.invoicingMigrationUrl, database, sql }
}

async function until(done: () => boolean | Promise<boolean>): Promise<void> {
  for (let times = 0; !(await done()); times++) {
    if (times === 1_000) throw new Error('it never came')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const job = (n: number) => ({ task: 'count', payload: { n } })

test('a job is there when the transaction commits that asked for it, and only then', async (t) => {
  const { url, database } = await stage(t)
  const seen: unknown[] = []
  const tasks = { count: async (payload: unknown) => void seen.push(payload) }
  await t.throwsAsync(
    withTransaction(database.knex, async (tx) => {
      await addJobs(tx, [job(1)])
      throw new Error('no')
    }),
    { message: 'no' },
  )
  await workOffJobs(url, tasks)
  t.deepEqual(seen, [])
  await withTransaction(database.knex, (tx) => addJobs(tx, [job(2), job(3)]))
  await withTransaction(database.knex, (tx) => addJobs(tx, []))
  await workOffJobs(url, tasks)
  t.deepEqual(seen, [{ n: 2 }, { n: 3 }])
})

test('a job waits as long as it should, of one name the newest waits, and a line is done one by one', async (t) => {
  const { url, database, sql } = await stage(t)
  const seen: unknown[] = []
  let [atOnce, most] = [0, 0]
  const tasks = {
    count: async (payload: unknown) => void seen.push(payload),
    walk: async () => {
      most = Math.max(most, ++atOnce)
      await new Promise((resolve) => setTimeout(resolve, 50))
      atOnce--
    },
  }
  await withTransaction(database.knex, async (tx) => {
    await addJobs(tx, [{ ...job(1), key: 'one', delayMs: 3_600_000 }, job(2)])
    await addJobs(tx, [{ ...job(3), key: 'one', delayMs: 3_600_000 }])
  })
  await workOffJobs(url, tasks)
  t.deepEqual(seen, [{ n: 2 }])
  const waiting = await sql(
    "select key, run_at > now() + interval '59 minutes' as waits from graphile_worker._private_jobs",
  )
  t.deepEqual(waiting, [{ key: 'one', waits: true }])
  await withTransaction(database.knex, (tx) => addJobs(tx, [{ ...job(4), key: 'one' }]))
  await workOffJobs(url, tasks)
  t.deepEqual(seen, [{ n: 2 }, { n: 4 }])
  const walks = Array.from({ length: 5 }, () => ({ task: 'walk', payload: {}, line: 'narrow' }))
  await withTransaction(database.knex, (tx) => addJobs(tx, walks))
  const runner = startJobs({ url, tasks, concurrency: 4, connectionsMax: 1, log: () => {} })
  t.teardown(() => runner.stop())
  await until(async () => (await sql('select id from graphile_worker._private_jobs')).length === 0)
  t.is(most, 1)
})

test('a job waits as long as it is told, and a later one under its key takes its place, also from within', async (t) => {
  const { url, database, sql } = await stage(t)
  const seen: unknown[] = []
  const later = (n: number) => ({ ...job(n), delayMs: 3_600_000, key: 'charge-1' })
  const add = (...jobs: Parameters<typeof addJobs>[1]) => withTransaction(database.knex, (tx) => addJobs(tx, jobs))
  const tasks = {
    count: async (payload: unknown) => {
      seen.push(payload)
      if (seen.length === 1) await add(later(3))
    },
  }
  await add(later(1))
  await add(later(2))
  await workOffJobs(url, tasks)
  t.deepEqual(seen, [])
  const waiting = () =>
    sql<{ n: number; late: boolean }>(`select (payload->>'n')::int as n, run_at > now() + interval '59 minutes' as late
                                         from graphile_worker._private_jobs`)
  t.deepEqual(await waiting(), [{ n: 2, late: true }])
  await sql('update graphile_worker._private_jobs set run_at = now()')
  await workOffJobs(url, tasks)
  t.deepEqual(seen, [{ n: 2 }])
  t.deepEqual(await waiting(), [{ n: 3, late: true }])
})

test('of two queues neither sees what is in the other', async (t) => {
  const { url, database, sql } = await stage(t)
  const seen: string[] = []
  const tasks = (queue: string) => ({ count: async () => void seen.push(queue) })
  await withTransaction(database.knex, async (tx) => {
    await addJobs(tx, [job(1)])
    await addJobs(tx, [job(2)], 'webhooks')
  })
  await workOffJobs(url, tasks('webhooks'), 'webhooks')
  t.deepEqual(seen, ['webhooks'])
  const runner = startJobs({ url, tasks: tasks('work'), concurrency: 1, log: () => {} })
  t.teardown(() => runner.stop())
  await until(async () => (await sql('select id from graphile_worker._private_jobs')).length === 0)
  t.deepEqual(seen, ['webhooks', 'work'])
})

test('a killed process gives its jobs of either queue back', async (t) => {
  const { url, database, sql } = await stage(t)
  for (const queue of QUEUES) {
    const table = `${schemaOf(queue)}._private_jobs`
    await withTransaction(database.knex, (tx) => addJobs(tx, [job(1)], queue))
    await sql(`update ${table} set locked_by = 'pool-of-the-dead', locked_at = now()`)
    const runner = startJobs({ url, queue, tasks: { count: async () => {} }, concurrency: 1, log: () => {} })
    await until(async () => (await sql(`select id from ${table}`)).length === 0)
    await runner.stop()
  }
  t.pass()
})

test('the role that runs jobs installs nothing, and installing again changes nothing', async (t) => {
  const { url, ownerUrl, sql } = await stage(t)
  const described = () =>
    sql(`select relname, relacl::text, (select count(*) from pg_policy where polrelid = pg_class.oid)::int as policies
           from pg_class where relnamespace::regnamespace::text like 'graphile_worker%' order by relnamespace, relname`)
  const before = await described()
  await Promise.all([1, 2, 3].map(() => installJobs(ownerUrl, serviceRole('invoicing'))))
  t.deepEqual(await described(), before)
  await sql('drop schema graphile_worker cascade')
  await t.throwsAsync(workOffJobs(url, {}), { message: /permission denied/ })
  await t.throwsAsync(installJobs(url, serviceRole('invoicing')), { message: /permission denied/ })
})

test('a job that fails is tried again, and the queue keeps the code of its error alone', async (t) => {
  const { url, database, sql } = await stage(t)
  const logged: [string, string][] = []
  let tries = 0
  const runner = startJobs({
    url,
    tasks: {
      count: async () => {
        if (++tries === 1) throw Object.assign(new Error('Hans Muster has no such card'), { code: 'series_busy' })
      },
    },
    concurrency: 1,
    log: (level, event) => logged.push([level, event]),
  })
  t.teardown(() => runner.stop())
  await withTransaction(database.knex, (tx) => addJobs(tx, [job(1)]))
  await until(() => tries === 1)
  const errors = () => sql<{ last_error: string | null }>('select last_error from graphile_worker._private_jobs')
  await until(async () => (await errors())[0]?.last_error !== null)
  t.deepEqual(await errors(), [{ last_error: 'series_busy' }])
  await until(async () => (await errors()).length === 0)
  t.is(tries, 2)
  t.true(logged.every(([level]) => level === 'warn'))
})

test('what became of a job is written down when the work is done: one that failed can be done again at once', async (t) => {
  const { url, database, sql } = await stage(t)
  let slow: Promise<unknown> | undefined
  let done = 0
  const tasks = {
    count: async () => {
      if (slow) return void done++
      // Somebody looks at the job for a while, so that its failure cannot be written down at once.
      await new Promise<void>((resolve) => {
        slow = withTransaction(database.knex, async (tx) => {
          await tx.raw('select id from graphile_worker._private_jobs for update')
          resolve()
          await new Promise((later) => setTimeout(later, 300))
        })
      })
      throw new Error('not yet')
    },
  }
  await withTransaction(database.knex, (tx) => addJobs(tx, [job(1)]))
  await workOffJobs(url, tasks)
  t.deepEqual(await sql('select locked_by, attempts from graphile_worker._private_jobs'), [
    { locked_by: null, attempts: 1 },
  ])
  await slow
  await sql('update graphile_worker._private_jobs set run_at = now()')
  await workOffJobs(url, tasks)
  t.is(done, 1)
})

test('the jobs of a worker that is gone are done by another within seconds, and a living one keeps its own', async (t) => {
  const { url, database, sql } = await stage(t)
  await withTransaction(database.knex, (tx) => addJobs(tx, [job(1), job(2)]))
  await sql(`update graphile_worker._private_jobs set locked_by = 'pool-of-the-dead', locked_at = now()`)
  const seen: unknown[] = []
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const start = () =>
    startJobs({
      url,
      tasks: {
        count: async (payload) => {
          seen.push(payload)
          await released
        },
      },
      concurrency: 2,
      log: () => {},
    })
  const runners = [start(), start()]
  t.teardown(() => Promise.all(runners.map((runner) => runner.stop())))
  await until(() => seen.length >= 2)
  // Longer than both look after each other.
  await new Promise((resolve) => setTimeout(resolve, 5_000))
  t.is(seen.length, 2)
  release()
  await until(async () => (await sql('select id from graphile_worker._private_jobs')).length === 0)
})

test('a worker outlives its connections', async (t) => {
  const { url, database } = await stage(t)
  const seen: unknown[] = []
  const runner = startJobs({
    url,
    tasks: { count: async (payload) => void seen.push(payload) },
    concurrency: 1,
    log: () => {},
  })
  t.teardown(() => runner.stop())
  const others = `from pg_stat_activity where datname = current_database() and usename = current_user and pid <> pg_backend_pid()`
  const living = async () => (await database.knex.raw(`select count(*)::int as living ${others}`)).rows[0].living
  // One that shows that it lives, one that listens, one that asks.
  await until(async () => (await living()) >= 3)
  await database.knex.raw(`select pg_terminate_backend(pid) ${others}`)
  await withTransaction(database.knex, (tx) => addJobs(tx, [job(1)]))
  await until(() => seen.length > 0)
  t.deepEqual(seen, [{ n: 1 }])
})

import { spawnSync } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import pg from 'pg'
import { CannotStart } from './cannot-start.ts'
import { type EmbeddedServer, startEmbedded } from './start-embedded.ts'
import { THROW_AWAY_PREFIX } from './throw-away.ts'

// One cluster serves all tests, one after another: making one takes a second, starting it a tenth of that.
const isRoot = process.getuid?.() === 0
let home: string
let dataFolder: string
let farFolder: string
const lines: string[] = []

test.before(async () => {
  // A folder of mode 0700: as root, the server's user cannot get into it.
  home = await realpath(await mkdtemp(join(tmpdir(), 'kontor-embedded-')))
  dataFolder = join(home, "a folder's $(name)")
  farFolder = await realpath(await mkdtemp(join(tmpdir(), 'kontor-far-')))
  await chmod(farFolder, 0o755)
})
test.after.always(async () => {
  await (await start()).destroy()
  for (const folder of [home, farFolder]) await rm(folder, { recursive: true, force: true })
})

const start = (): Promise<EmbeddedServer> => startEmbedded({ dataFolder, farFolder, log: (line) => lines.push(line) })

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query(sql)).rows
  } finally {
    await client.end()
  }
}

/** Starts a server in another process, which then kills itself the hard way; returns the id it had. */
function startAndDie(options: object): number {
  const module = JSON.stringify(new URL('./start-embedded.ts', import.meta.url).href)
  const script = `const { startEmbedded } = await import(${module})
    await startEmbedded({ ...${JSON.stringify(options)}, log() {} })
    process.kill(process.pid, 'SIGKILL')`
  const { signal, stderr, pid } = spawnSync(process.execPath, ['--input-type=module', '--eval', script])
  if (signal !== 'SIGKILL') throw new Error(stderr.toString())
  return pid
}

test.serial('a first start makes a cluster in a folder of mode 0700, whoever runs it', async (t) => {
  const server = await start()
  t.false(server.reused)
  t.is(server.dataDirectory.startsWith(isRoot ? farFolder : dataFolder), true, server.dataDirectory)
  t.is(
    lines.some((line) => line.startsWith('the database is kept in')),
    isRoot,
  )
  const settings = ['fsync', 'full_page_writes', 'synchronous_commit', 'listen_addresses', 'unix_socket_directories']
  const more = ['server_encoding', 'lc_collate', 'TimeZone', 'password_encryption', 'data_checksums', 'log_statement']
  const columns = [...settings, ...more].filter((name) => name !== 'lc_collate')
  const [row] = await query(
    server.adminUrl,
    `select ${columns.map((name) => `current_setting('${name}') as "${name}"`).join(', ')}, datcollate as lc_collate
     from pg_database where datname = 'postgres'`,
  )
  t.deepEqual(row, {
    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    server_encoding: 'UTF8',
    lc_collate: 'C',
    TimeZone: 'UTC',
    password_encryption: 'scram-sha-256',
    data_checksums: 'on',
    log_statement: 'none',
  })
  await query(server.adminUrl, 'create table kept (n int); insert into kept values (42)')
  await server.stop()
  await server.stop()
  await t.throwsAsync(query(server.adminUrl, 'select 1'), { code: 'ECONNREFUSED' })
})

test.serial('only the password opens it, and only its owner can read the password', async (t) => {
  const server = await start()
  t.teardown(() => server.stop())
  const url = new URL(server.adminUrl)
  t.is(url.hostname, '127.0.0.1')
  t.true(url.password.length >= 32)
  url.password = 'guess'
  await t.throwsAsync(query(url.href, 'select 1'), { code: '28P01' })
  url.password = ''
  await t.throwsAsync(query(url.href, 'select 1'))
  const { mode } = await stat(join(server.dataDirectory, '..', 'password'))
  t.is(mode & 0o777, 0o600)
})

test.serial('what was written is there at the next start, and the log holds no data', async (t) => {
  const server = await start()
  t.teardown(() => server.stop())
  t.deepEqual(await query(server.adminUrl, 'select n from kept'), [{ n: 42 }])
  await query(server.adminUrl, 'create table guarded (pan text unique check (length(pan) < 5))')
  await query(server.adminUrl, "insert into guarded values ('9911')")
  await t.throwsAsync(query(server.adminUrl, "insert into guarded values ('9911')"), { code: '23505' })
  await t.throwsAsync(query(server.adminUrl, "insert into guarded values ('991100')"), { code: '23514' })
  const log = await readFile(join(server.dataDirectory, '..', 'server.log'), 'utf8')
  t.regex(log, /violates check constraint/)
  t.notRegex(log, /9911/)
})

test.serial('a server whose process was killed is taken over, with its data', async (t) => {
  startAndDie({ dataFolder, farFolder })
  const server = await start()
  t.teardown(() => server.stop())
  t.true(server.reused)
  t.deepEqual(await query(server.adminUrl, 'select n from kept'), [{ n: 42 }])
})

test.serial('a server that was killed itself recovers what was committed', async (t) => {
  const first = await start()
  await query(first.adminUrl, 'insert into kept values (43)')
  const pid = Number((await readFile(join(first.dataDirectory, 'postmaster.pid'), 'utf8')).split('\n')[0])
  process.kill(pid, 'SIGKILL')
  const second = await start()
  t.teardown(() => second.stop())
  t.false(second.reused)
  t.deepEqual(await query(second.adminUrl, 'select n from kept order by n'), [{ n: 42 }, { n: 43 }])
})

for (const [what, content] of [
  ['names a process that is another one now', `${process.pid}\n/somewhere\n1\n5432\n\n127.0.0.1\n\nready   \n`],
  ['is empty', ''],
] as const) {
  test.serial(`a postmaster.pid that ${what} is no obstacle`, async (t) => {
    const first = await start()
    await first.stop()
    await writeFile(join(first.dataDirectory, 'postmaster.pid'), content)
    const second = await start()
    t.false(second.reused)
    await second.stop()
  })
}

test.serial('two starts at once end up with the same server', async (t) => {
  const servers = await Promise.all([start(), start()])
  t.teardown(() => servers[0].stop())
  t.is(servers[0].port, servers[1].port)
  t.deepEqual(servers.map(({ reused }) => reused).sort(), [false, true])
})

for (const [file, because] of [
  ['version', /was made by PostgreSQL 12, and PostgreSQL 18 cannot read it\.$/],
  ['password', /^The password of the database in .* is missing/],
] as const) {
  test.serial(`a cluster whose ${file} does not fit is left alone, and the reason is one sentence`, async (t) => {
    const server = await start()
    await server.stop()
    const path = join(server.dataDirectory, '..', file)
    const kept = await readFile(path)
    if (file === 'version') await writeFile(path, '12\n')
    else await rm(path)
    await t.throwsAsync(start(), { instanceOf: CannotStart, message: because })
    await writeFile(path, kept, { mode: 0o600 })
  })
}

test.serial('a file in the way of the folder is told in one sentence', async (t) => {
  const file = join(home, 'file')
  await writeFile(file, '')
  await t.throwsAsync(startEmbedded({ dataFolder: join(file, 'data'), farFolder, log() {} }), {
    instanceOf: CannotStart,
    message: `The folder ${join(file, 'data')} cannot be made, because a file of that name is in the way.`,
  })
})

test.serial('programs that are not there are told in one sentence, and nothing is left behind', async (t) => {
  const folder = join(home, 'never')
  await t.throwsAsync(startEmbedded({ dataFolder: folder, binFolder: join(home, 'bin'), farFolder, log() {} }), {
    instanceOf: CannotStart,
    message: /initdb is missing or cannot be run\.$/,
  })
  t.false((await readdir(home)).includes('never'))
})

test.serial('a throw-away server leaves nothing, even if its process was killed', async (t) => {
  const killed = startAndDie({ throwAway: true, farFolder })
  const server = await startEmbedded({ throwAway: true, farFolder, log() {} })
  t.deepEqual(await query(server.adminUrl, "select current_setting('fsync') as fsync"), [{ fsync: 'off' }])
  const ofProcess = async (pid: number) =>
    (await readdir(tmpdir())).filter((name) => name.startsWith(`${THROW_AWAY_PREFIX}${pid}-`))
  t.deepEqual(await ofProcess(killed), [], 'the next one removes what a killed one left')
  const before = await ofProcess(process.pid)
  await server.destroy()
  t.is((await ofProcess(process.pid)).length, before.length - 1)
})

test.serial(
  'a database that root keeps elsewhere goes when its temporary folder is gone, and not before',
  async (t) => {
    const temporary = await realpath(await mkdtemp(join(tmpdir(), 'kontor-gone-')))
    const server = await startEmbedded({ dataFolder: temporary, farFolder, log() {} })
    await server.stop()
    const sweep = async () => (await startEmbedded({ throwAway: true, farFolder, log() {} })).destroy()
    await sweep()
    t.true((await stat(server.dataDirectory)).isDirectory())
    await rm(temporary, { recursive: true })
    await sweep()
    await t.throwsAsync(stat(server.dataDirectory), { code: 'ENOENT' })
  },
)

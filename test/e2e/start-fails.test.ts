import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { type Ended, kontor, temporaryHome } from './kontor.ts'

function temporary(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-e2e-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function isOneSentence(t: ExecutionContext, { code, err }: Ended, sentence: RegExp): void {
  t.is(code, 1)
  t.regex(err, sentence)
  t.regex(err, /^kontor: [^\n]+\.\n$/, 'one line, and no stack trace')
}

test('a port that was asked for and is taken is said in one sentence, and nothing was started', async (t) => {
  const home = temporaryHome(t)
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const port = String((server.address() as AddressInfo).port)
  const ended = await kontor(['start', '--once'], { KONTOR_HOME: home, INVOICING_PORT: port }).ended
  isOneSentence(t, ended, new RegExp(`Port ${port} is taken`))
  t.false(existsSync(home))
})

test('a folder that cannot be made is said in one sentence', async (t) => {
  const file = join(temporary(t), 'file')
  writeFileSync(file, '')
  isOneSentence(t, await kontor(['start', '--once'], { KONTOR_HOME: file }).ended, /a file is in the way/)
  isOneSentence(t, await kontor(['start', '--once'], { KONTOR_HOME: join(file, 'home') }).ended, /a file is in the way/)
})

test('a folder that may not be written is said in one sentence', async (t) => {
  // Root may write everywhere but in the kernel's own file system; elsewhere a mode is enough.
  const parent = process.getuid?.() === 0 ? '/proc' : temporary(t)
  if (parent !== '/proc') mkdirSync(join(parent, 'home'), { mode: 0o500 })
  const ended = await kontor(['start', '--once'], { KONTOR_HOME: join(parent, 'home', 'kontor') }).ended
  isOneSentence(t, ended, /cannot be (written|made)/)
})

test('a path that is not there shows itself before anything is started', async (t) => {
  const home = temporaryHome(t)
  isOneSentence(
    t,
    await kontor(['start', '--once', '/nowhere.json'], { KONTOR_HOME: home }).ended,
    /There is no file or folder \/nowhere\.json\./,
  )
  const empty = temporary(t)
  isOneSentence(t, await kontor(['start', '--once', empty], { KONTOR_HOME: home }).ended, /holds no order files/)
  t.false(existsSync(home))
})

test('lost secrets are not replaced while the keystore they open is there', async (t) => {
  const home = temporary(t)
  writeFileSync(join(home, 'keystore.json'), '{}', { mode: 0o600 })
  isOneSentence(t, await kontor(['start', '--once'], { KONTOR_HOME: home }).ended, /put it back, or delete/)
  t.deepEqual(
    readdirSync(home).filter((name) => name === 'running.json'),
    [],
    'the folder is free again',
  )
})

test('a command line that is none says so, with exit code 2', async (t) => {
  const wrong = await kontor(['strat']).ended
  t.is(wrong.code, 2)
  t.regex(wrong.err, /Did you mean start\?/)
  const help = await kontor(['start', '--help']).ended
  t.is(help.code, 0)
  t.regex(help.out, /Usage: kontor start .*PATH/)
})

test('a command without its settings names the first that is missing', async (t) => {
  isOneSentence(t, await kontor(['migrate']).ended, /VAULT_MIGRATION_URL is not set/)
  isOneSentence(
    t,
    await kontor(['tenant', 'create', '--slug', 'x', '--name', 'X']).ended,
    /VAULT_MIGRATION_URL is not set/,
  )
  isOneSentence(t, await kontor(['run', '/nowhere.json']).ended, /There is no file or folder/)
})

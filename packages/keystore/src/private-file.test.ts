import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { KeystoreCorrupt, KeystoreExists, KeystoreExposed, KeystoreMissing, KeystoreUnreadable } from './errors.ts'
import { markOf, readPrivateFile, replacePrivateFile, writeNewPrivateFile } from './private-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'kontor-private-file-'))
test.after.always(() => rmSync(folder, { recursive: true }))
const inFolder = (name: string) => join(folder, name)

test('what is written is read back, and only its owner may touch it', async (t) => {
  const path = inFolder('new')
  await writeNewPrivateFile(path, 'Grüße\n', randomBytes)
  t.is(statSync(path).mode & 0o777, 0o600)
  t.is(await readPrivateFile(path), 'Grüße\n')
})

test('the mode does not depend on the umask', async (t) => {
  const path = inFolder('umask')
  // Threads cannot change the umask, so a process of its own does.
  const script = `const { writeNewPrivateFile } = await import(process.argv[1])
    await writeNewPrivateFile(process.argv[2], 'text', (size) => new Uint8Array(size))`
  const node = [process.execPath, '--input-type=module', '-e', script, import.meta.resolve('./private-file.ts'), path]
  execFileSync('sh', ['-c', 'umask 0777 && exec "$0" "$@"', ...node])
  t.is(statSync(path).mode & 0o777, 0o600)
})

test('what is there is never overwritten, whatever it is', async (t) => {
  const path = inFolder('taken')
  writeFileSync(path, 'the only copy')
  await t.throwsAsync(writeNewPrivateFile(path, 'other', randomBytes), { instanceOf: KeystoreExists })
  t.is(readFileSync(path, 'utf8'), 'the only copy')
  await t.throwsAsync(writeNewPrivateFile(folder, 'other', randomBytes), { instanceOf: KeystoreExists })
})

test('of many that write at once exactly one succeeds, and its text stands in the file', async (t) => {
  const path = inFolder('race')
  const writes = Array.from({ length: 20 }, (_, n) => writeNewPrivateFile(path, `writer ${n}`, randomBytes))
  const outcomes = await Promise.allSettled(writes)
  const winners = outcomes.flatMap(({ status }, n) => (status === 'fulfilled' ? [n] : []))
  t.is(winners.length, 1)
  t.is(readFileSync(path, 'utf8'), `writer ${winners[0]}`)
  for (const outcome of outcomes) if (outcome.status === 'rejected') t.true(outcome.reason instanceof KeystoreExists)
})

test.serial('nothing is left beside the file, neither after success nor after failure', async (t) => {
  const path = inFolder('alone')
  await writeNewPrivateFile(path, 'text', randomBytes)
  await t.throwsAsync(writeNewPrivateFile(path, 'text', randomBytes))
  await t.throwsAsync(writeNewPrivateFile(inFolder('no/such/folder'), 'text', randomBytes), { code: 'ENOENT' })
  t.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.tmp')),
    [],
  )
})

for (const mode of [0o640, 0o604, 0o660, 0o602, 0o610, 0o644, 0o666, 0o777]) {
  test(`a file of mode ${mode.toString(8)} is refused with the command that repairs it`, async (t) => {
    const path = inFolder(`mode-${mode}`)
    writeFileSync(path, 'text')
    chmodSync(path, mode)
    const error = await t.throwsAsync(readPrivateFile(path), { instanceOf: KeystoreExposed })
    t.true(error?.message.endsWith(`run chmod 600 ${path}`))
    chmodSync(path, 0o600)
    t.is(await readPrivateFile(path), 'text')
  })
}

test('a file that its owner may only read is fine', async (t) => {
  const path = inFolder('read-only')
  writeFileSync(path, 'text', { mode: 0o400 })
  t.is(await readPrivateFile(path), 'text')
})

test('a missing file is named', async (t) => {
  const path = inFolder('missing')
  const error = await t.throwsAsync(readPrivateFile(path), { instanceOf: KeystoreMissing })
  t.true(error?.message.includes(path))
})

test('a file that the system does not let us read is named, with the reason that the system gives', async (t) => {
  const path = inFolder('loop')
  symlinkSync(path, path)
  for (const read of [readPrivateFile, markOf]) {
    const error = await t.throwsAsync(read(path), { instanceOf: KeystoreUnreadable })
    t.is(error?.message, `The keystore ${path} cannot be read (ELOOP).`)
  }
})

test('a folder, a file that is too long and bytes that are no text are damaged keystores', async (t) => {
  await t.throwsAsync(readPrivateFile(folder), { instanceOf: KeystoreCorrupt })
  writeFileSync(inFolder('long'), Buffer.alloc(1024 * 1024 + 1, 65), { mode: 0o600 })
  await t.throwsAsync(readPrivateFile(inFolder('long')), { instanceOf: KeystoreCorrupt })
  writeFileSync(inFolder('bytes'), Buffer.from([0xff, 0xfe]), { mode: 0o600 })
  await t.throwsAsync(readPrivateFile(inFolder('bytes')), { instanceOf: KeystoreCorrupt })
})

test('a named pipe in place of the file does not hold the start', async (t) => {
  const path = inFolder('pipe')
  execFileSync('mkfifo', ['-m', '600', path])
  await t.throwsAsync(readPrivateFile(path), { instanceOf: KeystoreCorrupt })
})

test('a file is replaced by one of mode 0600, whatever the mode of the old one was', async (t) => {
  const path = inFolder('replaced')
  writeFileSync(path, 'old', { mode: 0o400 })
  const before = await markOf(path)
  await replacePrivateFile(path, 'new', randomBytes)
  t.is(await readPrivateFile(path), 'new')
  t.is(statSync(path).mode & 0o777, 0o600)
  t.not(await markOf(path), before)
})

test('every reader meets either the old file or the new one, complete', async (t) => {
  const path = inFolder('readers')
  await writeNewPrivateFile(path, 'a'.repeat(1_000), randomBytes)
  const writes = ['b', 'c', 'd', 'e'].map((letter) => replacePrivateFile(path, letter.repeat(1_000), randomBytes))
  const reads = Array.from({ length: 20 }, () => readPrivateFile(path))
  for (const text of await Promise.all(reads)) t.regex(text, /^(a+|b+|c+|d+|e+)$/)
  await Promise.all(writes)
})

test('the mark of a file stays while nothing happens to it, and a missing file has none', async (t) => {
  const path = inFolder('marked')
  writeFileSync(path, 'text', { mode: 0o600 })
  const mark = await markOf(path)
  await readPrivateFile(path)
  t.is(await markOf(path), mark)
  chmodSync(path, 0o640)
  t.not(await markOf(path), mark)
  await t.throwsAsync(markOf(inFolder('absent')), { instanceOf: KeystoreMissing })
})

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { Sentence } from '../sentence.ts'
import { findRunning, takeHome } from './home.ts'

const URLS = { vault_url: 'http://127.0.0.1:1', invoicing_url: 'http://127.0.0.1:2' }

function temporary(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-home-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

test('the folder is for its owner only, and taken once', async (t) => {
  const folder = join(temporary(t), 'deep', '.kontor')
  const home = await takeHome(folder)
  t.is(statSync(folder).mode & 0o777, 0o700)
  const error = await t.throwsAsync(takeHome(folder), { instanceOf: Sentence })
  t.regex(error?.message ?? '', /already runs/)
  await home.release()
  await t.notThrowsAsync(takeHome(folder))
})

test('of many starts at once one gets the folder', async (t) => {
  const folder = temporary(t)
  const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => takeHome(folder)))
  t.is(outcomes.filter(({ status }) => status === 'fulfilled').length, 1)
})

test('a folder that a killed start left taken is free, even when its process id is used again', async (t) => {
  const folder = temporary(t)
  const child = spawn(process.execPath, ['-e', ''])
  await once(child, 'exit')
  for (const holder of [{ pid: child.pid, started: null }, { pid: process.pid, started: '1' }, 'garbled']) {
    writeFileSync(join(folder, 'running.json'), JSON.stringify(holder))
    const home = await takeHome(folder)
    await home.release()
  }
  t.pass()
})

test('the services are found while they run, and not afterwards', async (t) => {
  const folder = temporary(t)
  const home = await takeHome(folder)
  t.is(await findRunning(folder), undefined)
  await home.announce(URLS)
  t.deepEqual(await findRunning(folder), URLS)
  t.is(statSync(join(folder, 'running.json')).mode & 0o777, 0o600)
  await home.release()
  t.is(await findRunning(folder), undefined)
})

test('what a file in the way holds is left alone', async (t) => {
  const file = join(temporary(t), 'file')
  writeFileSync(file, 'mine')
  await t.throwsAsync(takeHome(file), { code: 'EEXIST' })
  t.is(readFileSync(file, 'utf8'), 'mine')
})

import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { canReach, MAY } from './server-user.ts'

const me = { name: 'me', uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
const stranger = { name: 'stranger', uid: 54_321, gid: 54_321 }
const colleague = { name: 'colleague', uid: 54_321, gid: me.gid }
let folder: string

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kontor-reach-'))
  await mkdir(join(folder, 'inner'))
  await writeFile(join(folder, 'inner', 'program'), '')
})
test.after.always(async () => {
  await chmod(folder, 0o700)
  await rm(folder, { recursive: true })
})

for (const [who, user, mode, program, reaches] of [
  ['its owner', me, 0o700, 0o700, true],
  ['another user', stranger, 0o700, 0o755, false],
  ['another user', stranger, 0o711, 0o755, true],
  ['another user', stranger, 0o755, 0o750, false],
  ['another user', stranger, 0o755, 0o744, false],
  ['another user of the same group', colleague, 0o710, 0o750, true],
  ['another user of the same group', colleague, 0o701, 0o755, false],
] as const) {
  const title = `${who} ${reaches ? 'runs' : 'cannot run'} a program of mode ${program.toString(8)} below a folder of mode ${mode.toString(8)}`
  test.serial(title, async (t) => {
    await chmod(join(folder, 'inner'), 0o755)
    await chmod(join(folder, 'inner', 'program'), program)
    await chmod(folder, mode)
    t.is(await canReach(join(folder, 'inner', 'program'), user, MAY.run), reaches)
    await chmod(folder, 0o700)
  })
}

test.serial('a folder that lets pass but not read is good enough to keep data below it', async (t) => {
  await chmod(folder, 0o711)
  t.true(await canReach(folder, stranger, MAY.pass))
  t.false(await canReach(folder, stranger, MAY.run))
})

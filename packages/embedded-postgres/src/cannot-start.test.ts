import { tmpdir } from 'node:os'
import test from 'ava'
import { CannotStart, cannotStart } from './cannot-start.ts'
import { ToolFailed } from './run-tool.ts'

const FOLDER = tmpdir()
const systemError = (code: string) => Object.assign(new Error(`${code}: mkdir`), { code })

for (const [what, error, sentence] of [
  ['a full disk', systemError('ENOSPC'), `There is not enough free space for the database in ${FOLDER}.`],
  [
    'a full disk that initdb meets',
    new ToolFailed(
      'initdb',
      'FATAL:  could not extend file "base/1/2691"\nHINT:  Check free disk space.\nPANIC:  aborted',
    ),
    `There is not enough free space for the database in ${FOLDER}.`,
  ],
  [
    'a folder of somebody else',
    systemError('EACCES'),
    `The folder ${FOLDER} cannot be written, and the database must be kept there.`,
  ],
  [
    'a read-only disk',
    systemError('EROFS'),
    `The folder ${FOLDER} is on a read-only file system, and the database must be written there.`,
  ],
  [
    'anything else that the server says',
    new ToolFailed(
      'postgres',
      '2026 LOG:  starting\n2026 FATAL:  data directory has wrong ownership\n2026 LOG:  shut down\n',
    ),
    'PostgreSQL could not be started (its log is /x/server.log): data directory has wrong ownership.',
  ],
] as const) {
  test(`${what} becomes one sentence`, async (t) => {
    const told = await cannotStart(error, FOLDER, '/x/server.log')
    t.true(told instanceof CannotStart)
    t.is(told.message, sentence)
    t.is(told.cause, error)
  })
}

test('a sentence that was found further in stays', async (t) => {
  const first = new CannotStart('There is no room.')
  t.is(await cannotStart(first, FOLDER), first)
})

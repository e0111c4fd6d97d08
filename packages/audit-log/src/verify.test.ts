import { appendLeaves, EMPTY_FRONTIER, type Frontier, frontierRoot, leafHash } from '@kontor/merkle-log'
import test from 'ava'
import fc from 'fast-check'
import {
  type Checkpoint,
  formatSinkLine,
  fromPayload,
  InvalidCheckpoint,
  parseSinkLine,
  toPayload,
} from './checkpoint.ts'
import { type FindingKind, inWords, type LogReport } from './report.ts'
import { readSignedLogs } from './signed-log.ts'
import { verifyLog } from './verify.ts'

const TENANT = 'ten_00000000000000000000000001'
const leafOf = (n: number | string) => leafHash(Buffer.from(`leaf ${n}`))

/** Stands for a signature: the payload itself, after the word that makes it acceptable. */
const sign = (payload: object) => `signed.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.x`
const verify = (jws: string) => {
  const [word, payload = ''] = jws.split('.')
  if (word !== 'signed') throw new Error('the signature does not match')
  return JSON.parse(Buffer.from(payload, 'base64url').toString())
}

/** Writes a sink as the vault does: one checkpoint after each batch. */
function sinkOf(batches: readonly (readonly Buffer[])[], frontier: Frontier = EMPTY_FRONTIER): string[] {
  let grown = frontier
  return batches.map((leaves) => {
    const from = grown.size
    grown = appendLeaves(grown, leaves).frontier
    return line(grown, { from, leaves })
  })
}

function line(
  frontier: Frontier,
  { from = frontier.size, leaves = [] as readonly Buffer[], restored = null as Checkpoint['restored'] } = {},
): string {
  const root = frontierRoot(frontier)
  const checkpoint = {
    tenant: TENANT,
    mode: 'test',
    size: frontier.size,
    root,
    at: '2026-11-23T10:00:00.000Z',
    restored,
  }
  return formatSinkLine({ checkpoint: sign(toPayload(checkpoint)), from, leaves }).trimEnd()
}

const held = (hashes: readonly Buffer[]) => hashes.map((hash, seq) => ({ seq, hash }))
const leaves = Array.from({ length: 12 }, (_, n) => leafOf(n))
const SINK = sinkOf([leaves.slice(0, 5), leaves.slice(5, 6), leaves.slice(6, 10)])

async function report(hashes: readonly Buffer[], sink: readonly string[] = SINK): Promise<LogReport> {
  const { logs } = await readSignedLogs(sink, verify)
  const [log] = logs.values()
  if (!log) throw new Error('the sink is empty')
  return verifyLog(log, { entries: held(hashes), findings: [], forged: [], unsealed: 0 })
}

const found = ({ findings }: LogReport): [FindingKind, number][] => findings.map(({ kind, seq }) => [kind, seq])

test('what was signed is intact, and what came later is unprotected', async (t) => {
  const whole = await report(leaves)
  t.deepEqual(found(whole), [])
  t.deepEqual([whole.entries, whole.checkpoints, whole.unprotected], [10, 3, 2])
  t.deepEqual(inWords(whole), [
    `Log of ${TENANT}, mode test: 10 events in 3 checkpoints are intact, signed until 2026-11-23T10:00:00.000Z.`,
    '  The last 2 events, not yet in a checkpoint, are unprotected.',
  ])
})

const other = leafOf('other')
const cases: [because: string, hashes: Buffer[], findings: [FindingKind, number][]][] = [
  ['an edit', leaves.with(3, other), [['edit', 3]]],
  ['an insertion', leaves.toSpliced(4, 0, other), [['insertion', 4]]],
  ['a deletion', leaves.toSpliced(7, 1), [['deletion', 7]]],
  [
    'two that changed places',
    leaves.with(2, leaves[8] as Buffer).with(8, leaves[2] as Buffer),
    [
      ['reordering', 2],
      ['reordering', 8],
    ],
  ],
  ['a truncation', leaves.slice(0, 8), [['truncation', 8]]],
  ['nothing left', [], [['truncation', 0]]],
  ['a signed entry once more at the end', [...leaves, leaves[1] as Buffer], [['insertion', 12]]],
  [
    'an edit and a deletion',
    leaves.with(1, other).toSpliced(6, 1),
    [
      ['edit', 1],
      ['deletion', 6],
    ],
  ],
  ['everything made anew', leaves.map((_, n) => leafOf(`new ${n}`)), leaves.slice(0, 10).map((_, n) => ['edit', n])],
]
for (const [because, hashes, findings] of cases) {
  test(`found and named: ${because}`, async (t) => {
    t.deepEqual(found(await report(hashes)), findings)
  })
}

test('any change to the protected part is found, whatever it is', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ at: fc.nat(9), what: fc.constantFrom('edit', 'insert', 'delete', 'swap') }), {
        minLength: 1,
        maxLength: 4,
      }),
      async (changes) => {
        let list = [...leaves]
        for (const { at, what } of changes) {
          if (what === 'edit') list = list.with(Math.min(at, list.length - 1), leafOf(`${at}!`))
          if (what === 'insert') list = list.toSpliced(at, 0, leafOf(`${at}?`))
          if (what === 'delete') list = list.toSpliced(at, 1)
          if (what === 'swap' && at + 1 < list.length) {
            list = list.with(at, list[at + 1] as Buffer).with(at + 1, list[at] as Buffer)
          }
        }
        const same = leaves.slice(0, 10).every((leaf, n) => list[n]?.equals(leaf))
        t.is((await report(list)).findings.length === 0, same)
      },
    ),
  )
})

test('a sink without the leaves of older checkpoints still says that something differs, and between which entries', async (t) => {
  const [first, second, third] = [5, 6, 10].map((size) =>
    line(appendLeaves(EMPTY_FRONTIER, leaves.slice(0, size)).frontier),
  )
  const sink = [first as string, second as string, third as string]
  t.deepEqual(found(await report(leaves, sink)), [])
  t.deepEqual(found(await report(leaves.with(7, other), sink)), [['difference', 6]])
  t.deepEqual(found(await report(leaves.with(0, other), sink)), [['difference', 0]])
  t.deepEqual(found(await report(leaves.slice(0, 9), sink)), [['truncation', 9]])
})

test('two histories in one sink are found, though each is signed', async (t) => {
  const fork = appendLeaves(EMPTY_FRONTIER, leaves.slice(0, 8).with(7, other)).frontier
  t.deepEqual(found(await report(leaves, [...SINK, line(fork)])), [['checkpoint', 4]])
})

test('a line that nobody of ours signed is found, and one that a crash cut off is passed over', async (t) => {
  const forged = SINK.map((text) => text.replace(sign({}).split('.')[0] as string, 'forged'))
  const { findings, logs } = await readSignedLogs([...SINK, forged[0] as string], verify)
  t.deepEqual(
    findings.map(({ seq }) => seq),
    [4],
  )
  t.is(logs.size, 1)
  const cut = await readSignedLogs([SINK[0] as string, (SINK[1] as string).slice(0, 40), SINK[2] as string], verify)
  t.deepEqual(cut.findings, [])
  t.is(cut.notes.length, 1)
})

test('leaves that were changed in the sink do not give the signed root', async (t) => {
  const changed = parseSinkLine(SINK[0] as string)
  const sink = [
    formatSinkLine({ ...changed, leaves: changed.leaves.toSpliced(2, 1, other) }).trimEnd(),
    ...SINK.slice(1),
  ]
  const { findings } = await report(leaves, sink)
  t.true(findings.some(({ kind, seq }) => kind === 'checkpoint' && seq === 1))
})

test('an older database that was accepted goes on, and everybody is told', async (t) => {
  const shorter = appendLeaves(EMPTY_FRONTIER, leaves.slice(0, 6)).frontier
  const whole = appendLeaves(EMPTY_FRONTIER, leaves.slice(0, 10)).frontier
  const later = [leafOf('a'), leafOf('b')]
  const sink = [
    ...SINK,
    line(shorter, { restored: { size: 10, root: frontierRoot(whole) } }),
    ...sinkOf([later], shorter),
  ]
  const accepted = await report([...leaves.slice(0, 6), ...later], sink)
  t.deepEqual(found(accepted), [])
  t.is(accepted.notes.length, 1)
  t.regex(accepted.notes[0] as string, /goes on at seq 6.*to seq 10 are given up/)
  t.notDeepEqual(found(await report(leaves, sink)), [])
})

test('a checkpoint and a line of the sink come back as they were written', (t) => {
  const checkpoint = fromPayload(verify(parseSinkLine(SINK[2] as string).checkpoint))
  t.is(checkpoint.size, 10)
  t.deepEqual(fromPayload(toPayload(checkpoint)), checkpoint)
  const restored = { ...checkpoint, restored: { size: 12, root: checkpoint.root } }
  t.deepEqual(fromPayload(toPayload(restored)), restored)
})

for (const [because, payload] of [
  ['no size', { tenant: 'a', mode: 'test', root: leafOf(1).toString('base64url'), at: 'x' }],
  ['a size below nothing', { tenant: 'a', mode: 'test', size: -1, root: leafOf(1).toString('base64url'), at: 'x' }],
  ['a root that is too short', { tenant: 'a', mode: 'test', size: 1, root: 'AAAA', at: 'x' }],
  ['a member more', { tenant: 'a', mode: 'test', size: 1, root: leafOf(1).toString('base64url'), at: 'x', more: 1 }],
] as const) {
  test(`refused as a checkpoint: ${because}`, (t) => {
    t.throws(() => fromPayload(payload), { instanceOf: InvalidCheckpoint })
  })
}

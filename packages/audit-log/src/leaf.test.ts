import test from 'ava'
import fc from 'fast-check'
import { entryOfLeaf } from './entry.ts'
import { type AuditedEvent, contentOf, hashOfLeaf, InvalidLeaf, leafText, parseLeaf } from './leaf.ts'

const EVENT: AuditedEvent = {
  id: '01933b5d-ac96-774b-8bcc-b302099a8057',
  tenantId: '01890a5d-ac96-774b-bcce-b302099a8057',
  mode: 'test',
  type: 'token.revealed',
  subjectId: '01933b5d-ac96-774b-8bcc-b302099a8058',
  objectId: '01933b5d-ac96-774b-8bcc-b302099a8059',
  objectVersion: 3,
  actorKeyId: '01933b5d-ac96-774b-8bcc-b302099a805a',
  purpose: 'charge',
  requestId: 'f00',
  at: '2026-11-23T10:00:00.000Z',
  data: '{"fields":["number"]}',
}
const MAC = Buffer.alloc(32, 7)

const events = fc
  .record({ purpose: fc.option(fc.string()), requestId: fc.string(), data: fc.option(fc.string()), version: fc.nat() })
  .map(({ version, ...other }): AuditedEvent => ({ ...EVENT, ...other, objectVersion: version }))

test('what is read from a leaf is what was written, whatever stands in its texts', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(events, fc.uint8Array({ minLength: 32, maxLength: 32 }), (event, bytes) => {
        const mac = Buffer.from(bytes)
        t.deepEqual(parseLeaf(leafText(contentOf(event), mac)), { event, mac } as ReturnType<typeof parseLeaf>)
      }),
    ),
  )
})

test('an instant is the same as a Date and as text, and data makes it version 2', (t) => {
  t.is(contentOf(EVENT), contentOf({ ...EVENT, at: new Date('2026-11-23T10:00:00Z') }))
  t.true(contentOf(EVENT).startsWith('[2,'))
  t.true(contentOf({ ...EVENT, data: null }).startsWith('[1,'))
  t.not(
    hashOfLeaf(contentOf(EVENT)).toString('hex'),
    hashOfLeaf(contentOf({ ...EVENT, purpose: null })).toString('hex'),
  )
})

test('an entry shows the event by its ids, its data as JSON, and nobody as the actor of what the vault does itself', (t) => {
  const { entry } = entryOfLeaf(
    leafText(contentOf({ ...EVENT, actorKeyId: '00000000-0000-0000-0000-000000000000' }), MAC),
  )
  t.regex(entry.id, /^evt_/)
  t.regex(entry.object_id, /^tok_/)
  t.is(entry.actor_key_id, null)
  t.deepEqual(entry.data, { fields: ['number'] })
})

const text = leafText(contentOf(EVENT), MAC)
for (const [because, wrong] of [
  ['nothing', ''],
  ['no MAC', contentOf(EVENT)],
  ['a MAC that is too short', text.slice(0, -4)],
  ['a blank in the JSON', text.replace(',', ', ')],
  ['another version than its data', text.replace('[2,', '[1,')],
  ['no JSON', text.slice(1)],
  ['a number where a text stands', text.replace('"f00"', '7')],
  ['one member more', text.replace('].', ',"more"].')],
] as const) {
  test(`refused as a leaf: ${because}`, (t) => {
    t.throws(() => parseLeaf(wrong), { instanceOf: InvalidLeaf })
  })
}

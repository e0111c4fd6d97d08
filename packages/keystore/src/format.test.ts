import { createHash } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import { formatKeystore, type Keystore, parseKeystore, type SealedRootKey } from './format.ts'

const key = (n: number, state: SealedRootKey['state']): SealedRootKey => ({
  kid: createHash('sha256').update(`key ${n}`).digest('base64url'),
  created_at: '2026-11-23T09:30:00.000Z',
  state,
  sealed: `e30..AAAA.AAAA.AAA${n}`,
})
const keystore: Keystore = {
  kdf: { n: 2 ** 17, r: 8, p: 1, salt: Buffer.alloc(32, 7) },
  keys: [key(1, 'retired'), key(2, 'current'), key(3, 'retired')],
}
const text = formatKeystore(keystore)

/** The parsed file, open to every change. */
type EditedFile = Record<string, unknown> & { kdf: Record<string, unknown>; keys: object[] }

/** The file with some of it changed and its checksum made right again: what a careful hand would write. */
function rewritten(change: (file: EditedFile) => void): string {
  const { sha256: _, ...file } = JSON.parse(text)
  change(file)
  return JSON.stringify({ ...file, sha256: createHash('sha256').update(JSON.stringify(file)).digest('base64url') })
}

test('what is written is read back', (t) => {
  t.deepEqual(parseKeystore(text), keystore)
  t.deepEqual(parseKeystore(rewritten(() => {})), keystore, 'white space does not matter')
})

test('the file says what it is, how the passphrase is stretched, and of each key its id, age and state', (t) => {
  const file = JSON.parse(text)
  t.deepEqual(Object.keys(file), ['format', 'version', 'kdf', 'keys', 'sha256'])
  t.is(file.format, 'kontor-keystore')
  t.is(file.version, 1)
  t.like(file.kdf, { name: 'scrypt', n: 131072, r: 8, p: 1 })
  t.deepEqual(Object.keys(file.keys[0]), ['kid', 'created_at', 'state', 'sealed'])
})

const edit = (part: object | undefined, members: object) => Object.assign(part ?? {}, members)
const wrong: [because: string, change: (file: EditedFile) => void][] = [
  ['another format', (file) => Object.assign(file, { format: 'keystore' })],
  ['a version that we do not know', (file) => Object.assign(file, { version: 2 })],
  ['a member that we do not know', (file) => Object.assign(file, { note: '' })],
  ['no keys member', (file) => Reflect.deleteProperty(file, 'keys')],
  ['no key', (file) => Object.assign(file, { keys: [] })],
  ['keys that are no list', (file) => Object.assign(file, { keys: { length: 1 } })],
  ['no current key', (file) => edit(file.keys[1], { state: 'retired' })],
  ['two current keys', (file) => edit(file.keys[0], { state: 'current' })],
  ['one key twice', (file) => edit(file.keys[0], { kid: key(2, 'current').kid })],
  [
    'more keys than anybody makes',
    (file) => file.keys.push(...Array.from({ length: 1000 }, (_, n) => key(n + 10, 'retired'))),
  ],
  ['an unknown state', (file) => edit(file.keys[0], { state: 'lost' })],
  ['a kid that is no thumbprint', (file) => edit(file.keys[0], { kid: 'key-1' })],
  ['a kid that is no text', (file) => edit(file.keys[0], { kid: 1 })],
  ['a date that is none', (file) => edit(file.keys[0], { created_at: '2026-02-30T00:00:00.000Z' })],
  ['a date in another form', (file) => edit(file.keys[0], { created_at: '2026-11-23' })],
  ['a sealed key that is no text', (file) => edit(file.keys[0], { sealed: null })],
  ['a sealed key that goes on and on', (file) => edit(file.keys[0], { sealed: 'A'.repeat(1025) })],
  ['a key with a member more', (file) => edit(file.keys[0], { k: 'AAAA' })],
  ['a key that is null', (file) => Object.assign(file, { keys: [null] })],
  ['another derivation', (file) => Object.assign(file.kdf, { name: 'pbkdf2' })],
  ['a derivation that would take for ever', (file) => Object.assign(file.kdf, { n: 2 ** 40 })],
  ['a derivation with a member more', (file) => Object.assign(file.kdf, { pepper: '' })],
  ['a salt that is too short', (file) => Object.assign(file.kdf, { salt: 'AAAA' })],
  ['a salt that is too long', (file) => Object.assign(file.kdf, { salt: 'A'.repeat(88) })],
  ['a salt that is no text', (file) => Object.assign(file.kdf, { salt: 7 })],
  ['a salt in a second spelling', (file) => Object.assign(file.kdf, { salt: `${file.kdf.salt}=` })],
]
for (const [because, change] of wrong) {
  test(`a file with ${because} is no keystore, even if its checksum is right`, (t) => {
    t.is(parseKeystore(rewritten(change)), undefined)
  })
}

test('a file without its checksum, or with another, is damaged', (t) => {
  const { sha256: _, ...file } = JSON.parse(text)
  t.is(parseKeystore(JSON.stringify(file)), undefined)
  t.is(parseKeystore(JSON.stringify({ ...file, sha256: 'AAAA' })), undefined)
  t.is(parseKeystore(JSON.stringify({ ...file, sha256: null })), undefined)
})

test('no character of the file can change without being noticed, if it changes what is read', (t) => {
  const edits = fc.tuple(fc.nat(text.length - 1), fc.string({ unit: 'binary-ascii', maxLength: 2 }))
  t.notThrows(() =>
    fc.assert(
      fc.property(edits, ([at, replacement]) => {
        const read = parseKeystore(text.slice(0, at) + replacement + text.slice(at + 1))
        return read === undefined || formatKeystore(read) === text
      }),
      { numRuns: 300 },
    ),
  )
})

test('a file cut short is never a keystore', (t) => {
  const end = text.trimEnd().length
  const lengths = Array.from({ length: end }, (_, length) => length)
  t.deepEqual(
    lengths.filter((length) => parseKeystore(text.slice(0, length)) !== undefined),
    [],
  )
})

test('whatever the file holds, parsing it ends with a keystore or nothing', (t) => {
  const members = fc.dictionary(
    fc.constantFrom('format', 'version', 'kdf', 'keys', 'sha256', '__proto__'),
    fc.jsonValue({ maxDepth: 3 }),
  )
  const texts = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.json(),
    members.map((file) => JSON.stringify(file)),
  )
  t.notThrows(() =>
    fc.assert(
      fc.property(texts, (any) => parseKeystore(any) === undefined),
      { numRuns: 300 },
    ),
  )
})

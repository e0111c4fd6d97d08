import test from 'ava'
import fc from 'fast-check'
import { InvalidId } from './invalid-id.ts'
import { formatId, ID_PREFIXES, idPattern, parseId } from './type-id.ts'

/** Suffixes and UUIDs from the specification's table of valid ids (TypeID 0.3.0, valid.yml). */
const PUBLISHED = [
  ['00000000000000000000000000', '00000000-0000-0000-0000-000000000000'],
  ['00000000000000000000000001', '00000000-0000-0000-0000-000000000001'],
  ['0000000000000000000000000a', '00000000-0000-0000-0000-00000000000a'],
  ['0000000000000000000000000g', '00000000-0000-0000-0000-000000000010'],
  ['00000000000000000000000010', '00000000-0000-0000-0000-000000000020'],
  ['7zzzzzzzzzzzzzzzzzzzzzzzzz', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  ['0123456789abcdefghjkmnpqrs', '0110c853-1d09-52d8-d73e-1194e95b5f19'],
  ['01h455vb4pex5vsknk084sn02q', '01890a5d-ac96-774b-bcce-b302099a8057'],
] as const

for (const [suffix, uuid] of PUBLISHED) {
  test(`${uuid} is written ${suffix} and read back`, (t) => {
    t.is(formatId('inv', uuid), `inv_${suffix}`)
    t.is(parseId('inv', `inv_${suffix}`), uuid)
    t.regex(`inv_${suffix}`, new RegExp(idPattern('inv'), 'u'))
  })
}

test('whatever the UUID and the kind, an id comes back as it was written', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.constantFrom(...ID_PREFIXES), fc.uuid(), (prefix, uuid) => {
        const text = formatId(prefix, uuid)
        return parseId(prefix, text) === uuid && new RegExp(idPattern(prefix), 'u').test(text)
      }),
    ),
  )
})

test('ids sort as their UUIDs do', (t) => {
  t.notThrows(() =>
    fc.assert(fc.property(fc.uuid(), fc.uuid(), (a, b) => a < b === formatId('acc', a) < formatId('acc', b))),
  )
})

for (const [text, because] of [
  ['acc_01h455vb4pex5vsknk084sn02q', 'it is the id of an account'],
  ['01h455vb4pex5vsknk084sn02q', 'it has no prefix'],
  ['inv01h455vb4pex5vsknk084sn02q', 'the underscore is missing'],
  ['inv_01h455vb4pex5vsknk084sn02', 'it is too short'],
  ['inv_01h455vb4pex5vsknk084sn02qq', 'it is too long'],
  ['inv_81h455vb4pex5vsknk084sn02q', 'it is larger than 128 bits'],
  ['inv_01H455VB4PEX5VSKNK084SN02Q', 'it is in upper case'],
  ['inv_01h455vb4pex5vsknk084sn0lq', 'l is not in the alphabet'],
  ['inv_01h455vb4pex5vsknk084sn02q\n', 'a line ends after it'],
  ['', 'it is empty'],
] as const) {
  test(`${JSON.stringify(text)} is not the id of an invoice: ${because}`, (t) => {
    const error = t.throws(() => parseId('inv', text), { instanceOf: InvalidId })
    t.true(text === '' || !error.message.includes(text), 'an error never repeats what was submitted')
    t.notRegex(text, new RegExp(idPattern('inv'), 'u'))
  })
}

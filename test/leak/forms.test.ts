import { createHash, randomBytes } from 'node:crypto'
import test from 'ava'
import fc from 'fast-check'
import { PATTERN_BYTES_MIN } from './byte-search.ts'
import { formsOf } from './forms.ts'
import { leakSearch } from './leak-search.ts'
import { CARDS, type CardName, type Mark, markMaker } from './marks.ts'

const PAN: Mark = { name: 'card', kind: 'digits', value: '4242424242424242' }
const AMEX: Mark = { name: 'card', kind: 'digits', value: '378282246310005' }
const IBAN: Mark = { name: 'iban', kind: 'iban', value: 'DE89370400440532013000' }
const HOLDER: Mark = { name: 'holder', kind: 'words', value: 'Wilhelmina Musterfrau' }
const CVC: Mark = { name: 'code', kind: 'cvc', value: '739' }
const BODY: Mark = { name: 'body', kind: 'json', value: '{"number":"4242424242424242"}' }

function formsIn(mark: Mark, content: string | Uint8Array): readonly string[] {
  const search = leakSearch([mark])
  search.look('here', content)
  return search.findings()[0]?.forms ?? []
}

/** Titles of tests fold white space, and some of these texts differ in nothing else. */
const visible = (text: string) =>
  JSON.stringify(text).replace(/[^ -~]/g, (odd) => `<${odd.codePointAt(0)?.toString(16)}>`)
const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64')
const sha256 = (text: string) => createHash('sha256').update(text)

for (const [mark, written, form] of [
  [PAN, '{"msg":"card 4242424242424242 refused"}', 'text'],
  [PAN, '4242 4242 4242 4242', 'text'],
  [PAN, '4242-4242-4242-4242', 'text'],
  [PAN, '4242\u00a04242\u00a04242\u00a04242', 'text'],
  [PAN, 'begins with 424242424242', 'text'],
  [PAN, '************424242424242', 'text'],
  [AMEX, '3782 822463 10005', 'text'],
  [PAN, '/v1/tokens/4242%204242%204242%204242', 'percent-encoded'],
  [PAN, '%34%32%34%32%34%32%34%32%34%32%34%32%34%32%34%32', 'percent-encoded'],
  [PAN, '\\u0034\\u0032'.repeat(8), 'escaped'],
  [PAN, '４２４２４２４２４２４２４２４２', 'full-width digits'],
  [PAN, Buffer.from('x4242424242424242', 'utf16le'), 'UTF-16LE'],
  [PAN, Buffer.from('x4242424242424242', 'utf16le').swap16(), 'UTF-16BE'],
  [PAN, Buffer.from('4242424242424242').toString('hex'), 'hexadecimal'],
  [PAN, Buffer.from('4242424242424242', 'hex'), 'packed digits'],
  [PAN, new BigInt64Array([4242424242424242n]), 'integer'],
  [PAN, base64('4242424242424242'), 'base64'],
  [PAN, base64('{"number":"4242424242424242"}'), 'base64'],
  [PAN, base64('{ "number":"4242424242424242"}'), 'base64'],
  [PAN, base64('{  "number":"4242 4242 4242 4242"}'), 'base64'],
  [PAN, sha256(PAN.value).digest('hex'), 'sha256 digest in hexadecimal'],
  [PAN, sha256(PAN.value).digest('hex').slice(0, 32).toUpperCase(), 'sha256 digest in hexadecimal'],
  [PAN, sha256('4242 4242 4242 4242').digest('hex'), 'sha256 digest in hexadecimal'],
  [PAN, sha256(PAN.value).digest(), 'sha256 digest'],
  [PAN, sha256(JSON.stringify([PAN.value])).digest(), 'sha256 digest'],
  [PAN, sha256(PAN.value).digest('base64url'), 'sha256 digest in base64'],
  [PAN, base64(Buffer.concat([Buffer.from('salt'), sha256(PAN.value).digest()])), 'sha256 digest in base64'],
  [PAN, createHash('md5').update(PAN.value).digest('hex'), 'md5 digest in hexadecimal'],
  [PAN, createHash('sha512').update(PAN.value).digest('base64'), 'sha512 digest in base64'],
  [IBAN, 'pay to DE89 3704 0044 0532 0130 00', 'text'],
  [IBAN, 'de89370400440532013000', 'text'],
  [IBAN, 'account 370400440532013000', 'text'],
  [HOLDER, 'from WILHELMINA MUSTERFRAU', 'text'],
  [HOLDER, 'Frau Musterfrau', 'text'],
  [HOLDER, '?holder=Wilhelmina+Musterfrau', 'percent-encoded'],
  [CVC, 'type=card&card[cvc]=739', 'text'],
  [CVC, 'type=card&card%5Bcvc%5D=739', 'text'],
  [CVC, '{"cvc":"739"}', 'text'],
  [CVC, '{"cvc": 739}', 'text'],
  [CVC, base64('{"card":{"cvc":"739"}}'), 'base64'],
  [BODY, sha256(BODY.value).digest('hex'), 'sha256 digest in hexadecimal'],
] as const) {
  const bytes = Buffer.from(
    typeof written === 'string' ? written : new Uint8Array(written.buffer, written.byteOffset, written.byteLength),
  )
  const shown = typeof written === 'string' ? visible(written) : bytes.toString('hex')
  test(`a planted leak is found: ${mark.name} as ${form} in ${shown.slice(0, 60)}`, (t) => {
    t.true(formsIn(mark, bytes).includes(form))
  })
}

for (const [mark, written] of [
  [PAN, 'Visa •••• 4242, 42424242•••• 4242'],
  [PAN, 'bin 42424242, last four 4242'],
  [PAN, base64('42424242, last four 4242')],
  [IBAN, 'DE •••• 3000'],
  [CVC, 'item 739, "cvc" was 3 digits'],
  [BODY, BODY.value],
] as const) {
  test(`what may stand in clear is no leak: ${mark.name} in ${visible(written)}`, (t) => {
    t.deepEqual(formsIn(mark, written), [])
  })
}

test('every form of every mark is found wherever it stands', (t) => {
  const make = markMaker()
  for (const card of Object.keys(CARDS) as CardName[]) make.card(card, card)
  make.iban('iban', 'CH')
  make.account('account')
  make.holder('holder')
  make.payerId('payer')
  const forms = make.marks.flatMap((mark) => formsOf(mark).map(({ bytes }) => ({ mark, bytes })))
  t.true(forms.length > 1000)
  const search = leakSearch(make.marks)
  let places = 0
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.constantFrom(...forms),
        fc.uint8Array({ maxLength: 40 }),
        fc.uint8Array({ maxLength: 40 }),
        ({ mark, bytes }, before, after) => {
          places += 1
          search.look(`place ${places}`, Buffer.concat([before, bytes, after]))
          return search.findings().at(-1)?.mark === mark.name
        },
      ),
    ),
  )
  t.is(search.findings().length, places)
})

test('nothing is found in noise, and searching it is quick', (t) => {
  const make = markMaker()
  for (let count = 0; count < 100; count += 1) make.card(`card ${count}`)
  const search = leakSearch(make.marks)
  const noise = randomBytes(4_000_000)
  const started = performance.now()
  for (const content of [noise, noise.toString('hex'), noise.toString('base64'), Buffer.alloc(4_000_000)]) {
    search.look('noise', content)
  }
  t.deepEqual(search.findings(), [])
  // Some 0.2 s on one slow core for 21 MB.
  t.true(performance.now() - started < 5000)
  t.true((search.searched.get('noise') ?? 0) > 20_000_000)
})

test('a form that is too short to mean anything is left out', (t) => {
  const forms = formsOf({ name: 'short', kind: 'digits', value: '1234567' })
  t.true(forms.every(({ bytes }) => bytes.length >= PATTERN_BYTES_MIN))
})

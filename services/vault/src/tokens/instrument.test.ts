import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import test from 'ava'
import fc from 'fast-check'
import { deriveSubkeys } from '../keys/subkeys.ts'
import { fingerprints } from './fingerprint.ts'
import { readInstrument } from './instrument.ts'
import { digestIntent } from './intent.ts'
import { openInstrument, sealInstrument } from './record.ts'
import type { CreateTokenBody } from './request-schema.ts'
import type { Token } from './token.ts'

const TODAY = { mode: 'test', today: '2026-11-23' } as const
const TENANT = '0192f0c1-2a3b-7abc-8def-0123456789ab'
const subkeys = deriveSubkeys(Buffer.alloc(32, 1), TENANT)
const holder = { name: 'Ada Muster' }

function card(number: string, fields: object = {}, name = 'Ada Muster'): CreateTokenBody {
  return { type: 'card', card: { number, expiry_month: 12, expiry_year: 2030, ...fields }, holder: { name } }
}
function iban(text: string, name = 'Ada Muster'): CreateTokenBody {
  return { type: 'bank_account', bank_account: { iban: text }, holder: { name } }
}
const read = (body: CreateTokenBody) => readInstrument(body, TODAY)
const printsOf = (body: CreateTokenBody) => {
  const { number, full } = fingerprints(read(body), subkeys)
  return { number: number.toString('hex'), full: full.toString('hex') }
}

/** Card numbers that hold by Luhn, of 12 to 19 digits, outside every brand's range. */
const pans = fc
  .tuple(fc.integer({ min: 11, max: 18 }), fc.infiniteStream(fc.integer({ min: 0, max: 9 })))
  .map(([length, digits]) => {
    const body = `90${[...digits.take(length - 2)].join('')}`
    return body + checkDigit(body)
  })

function checkDigit(body: string): number {
  const sum = [...body].reverse().reduce((total, digit, at) => {
    const doubled = Number(digit) * 2
    return total + (at % 2 === 0 ? (doubled > 9 ? doubled - 9 : doubled) : Number(digit))
  }, 0)
  return (10 - (sum % 10)) % 10
}

test('of a card number at most BIN and last four stand in clear, and never so much that it could be completed', (t) => {
  fc.assert(
    fc.property(pans, (pan) => {
      const { clear } = read(card(pan))
      if (clear.type !== 'card') return false
      const hidden = pan.length - (clear.bin?.length ?? 0) - clear.lastFour.length
      const binMax = pan.length >= 16 ? 8 : pan.length >= 14 ? 6 : 0
      return (
        pan.endsWith(clear.lastFour) &&
        pan.startsWith(clear.bin ?? '') &&
        (clear.bin?.length ?? 0) <= binMax &&
        clear.lastFour.length === 4 &&
        hidden >= 4 &&
        !JSON.stringify(clear).includes(pan)
      )
    }),
  )
  t.pass()
})

test('spaces and hyphens make no other instrument', (t) => {
  fc.assert(
    fc.property(pans, fc.array(fc.constantFrom('', ' ', '-'), { minLength: 19, maxLength: 19 }), (pan, separators) => {
      const typed = [...pan].map((digit, at) => `${digit}${separators[at]}`).join('')
      const [plain, spaced] = [printsOf(card(pan)), printsOf(card(typed))]
      return plain.number === spaced.number && plain.full === spaced.full
    }),
  )
  t.pass()
})

test('different numbers have different fingerprints at both levels', (t) => {
  fc.assert(
    fc.property(pans, pans, (a, b) => {
      fc.pre(a !== b)
      const [one, other] = [printsOf(card(a)), printsOf(card(b))]
      return new Set([one.number, one.full, other.number, other.full]).size === 4
    }),
  )
  t.pass()
})

test('expiry and holder change the full fingerprint only', (t) => {
  const base = printsOf(card('4242424242424242'))
  for (const other of [card('4242424242424242', { expiry_month: 11 }), card('4242424242424242', {}, 'Bea Muster')]) {
    const prints = printsOf(other)
    t.is(prints.number, base.number)
    t.not(prints.full, base.full)
  }
})

test('a CVC changes no fingerprint and is in nothing that was read', (t) => {
  const without = read(card('4242424242424242'))
  const instrument = read(card('4242424242424242', { cvc: '987' }))
  t.deepEqual(fingerprints(instrument, subkeys), fingerprints(without, subkeys))
  t.deepEqual(instrument.sealed.reveal(), without.sealed.reveal())
  t.deepEqual(instrument.clear, without.clear)
})

test('fingerprints of two tenants or types never meet', (t) => {
  const other = deriveSubkeys(Buffer.alloc(32, 2), TENANT)
  const instrument = read(card('4242424242424242'))
  t.notDeepEqual(fingerprints(instrument, other).number, fingerprints(instrument, subkeys).number)
  const us: CreateTokenBody = {
    type: 'bank_account',
    bank_account: { routing_number: '021000021', account_number: '12345678', account_type: 'checking' },
    holder,
  }
  const all = [printsOf(us), printsOf(card('4242424242424242')), printsOf(iban('DE89370400440532013000'))]
  t.is(new Set(all.flatMap(({ number, full }) => [number, full])).size, 6)
})

test('the BIC and the kind of an account do not make another one', (t) => {
  const bank = { iban: 'DE89370400440532013000' }
  const withBic: CreateTokenBody = { type: 'bank_account', bank_account: { ...bank, bic: 'COBADEFF' }, holder }
  t.deepEqual(printsOf(withBic), printsOf(iban(bank.iban)))
})

test('an instrument that was read shows nothing when it is printed', (t) => {
  const printed = inspect(read(card('4242424242424242')), { depth: 10, showHidden: true })
  t.false(printed.includes('4242424242424242'))
  t.false(printed.includes('Ada Muster'))
})

const tokenOf = (body: CreateTokenBody): Token => ({
  id: '0192f0c1-2a3b-7abc-8def-0123456789ff',
  tenantId: TENANT,
  mode: 'test',
  accountId: null,
  subjectId: '0192f0c1-2a3b-7abc-8def-0123456789ff',
  clear: read(body).clear,
  metadata: {},
  version: 1,
  createdAt: new Date(0),
  expiresAt: null,
})

test('what is sealed opens as it was, for the same token, key and version only', (t) => {
  fc.assert(
    fc.property(pans, fc.constantFrom('Ada', 'Zoë Müller', '山田太郎'), (pan, name) => {
      const body = card(pan, {}, name)
      const dek = { version: 1, key: randomBytes(32) }
      const sealed = read(body).sealed
      const token = tokenOf(body)
      const record = sealInstrument(sealed, dek, token)
      t.deepEqual(openInstrument(record, dek, token).reveal(), sealed.reveal())
      const others: [Token, typeof dek][] = [
        [{ ...token, tenantId: TENANT.replace('0192', '0193') }, dek],
        [{ ...token, mode: 'live' }, dek],
        [{ ...token, subjectId: token.id.replace('0192', '0193') }, dek],
        [{ ...token, id: token.id.replace('0192', '0193') }, dek],
        [{ ...token, version: 2 }, dek],
        [token, { ...dek, version: 2 }],
        [token, { ...dek, key: randomBytes(32) }],
      ]
      for (const [otherToken, otherDek] of others) {
        t.throws(() => openInstrument(record, otherDek, otherToken), { message: '' })
      }
    }),
    { numRuns: 20 },
  )
})

test('an intent is known by mode, account and key, whatever the order of the fields', (t) => {
  fc.assert(
    fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,8}$/), fc.string()), (metadata) => {
      const body = { ...card('4242424242424242'), metadata }
      const turned = { metadata: Object.fromEntries(Object.entries(metadata).reverse()), ...card('4242424242424242') }
      const digest = digestIntent(subkeys, 'test', undefined, 'key-0001', body)
      t.deepEqual(digestIntent(subkeys, 'test', undefined, 'key-0001', turned), digest)
    }),
  )
  const body = card('4242424242424242')
  const digests = [
    digestIntent(subkeys, 'test', undefined, 'key-0001', body),
    digestIntent(subkeys, 'live', undefined, 'key-0001', body),
    digestIntent(subkeys, 'test', TENANT, 'key-0001', body),
    digestIntent(subkeys, 'test', undefined, 'key-0002', body),
  ]
  t.is(new Set(digests.map(({ intent }) => intent.toString('hex'))).size, 4)
  t.is(new Set(digests.map(({ request }) => request.toString('hex'))).size, 1)
})

test('the digest of a request does not know the CVC', (t) => {
  const digest = (body: CreateTokenBody) => digestIntent(subkeys, 'test', undefined, 'key-0001', body).request
  const without = digest(card('4242424242424242'))
  t.deepEqual(digest(card('4242424242424242', { cvc: '123' })), without)
  t.notDeepEqual(digest(card('4242424242424242', { expiry_month: 1 })), without)
})

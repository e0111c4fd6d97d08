// Times what the vault computes for each token before it is written: the seal and both fingerprints. Run by the benchmarks, as a
// process of its own; prints the microseconds of each round as JSON.
import { randomBytes } from 'node:crypto'
import { newUuid, toBucket } from '@kontor/ids'
import { timeCalls } from '../../../test/support/timing.ts'
import { deriveSubkeys } from '../src/keys/subkeys.ts'
import { fingerprints } from '../src/tokens/fingerprint.ts'
import { readInstrument } from '../src/tokens/instrument.ts'
import { sealInstrument } from '../src/tokens/record.ts'
import type { Token } from '../src/tokens/token.ts'

const newId = () => newUuid(toBucket(7), Date.now(), randomBytes)
const body = {
  type: 'card',
  card: { number: '4242 4242 4242 4242', expiry_month: 12, expiry_year: 2031 },
  holder: { name: 'Erika Mustermann' },
} as const
const instrument = readInstrument(body, { mode: 'test', today: '2026-11-23' })
const tenantId = newId()
const subkeys = deriveSubkeys(randomBytes(32), tenantId)
const dek = { version: 1, key: randomBytes(32) }
const token: Token = {
  id: newId(),
  tenantId,
  mode: 'test',
  accountId: newId(),
  subjectId: newId(),
  expiresAt: null,
  clear: instrument.clear,
  metadata: {},
  version: 1,
  createdAt: new Date(0),
}

const micros = await timeCalls(
  () => {
    sealInstrument(instrument.sealed, dek, token)
    fingerprints(instrument, subkeys)
  },
  // V8 goes on compiling this for some twenty thousand calls, and a vault at work has made them.
  { rounds: Number(process.argv[2]), calls: 20_000 },
)
console.log(JSON.stringify(micros))

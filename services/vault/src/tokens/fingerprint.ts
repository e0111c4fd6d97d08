import { createHmac } from 'node:crypto'
import type { FingerprintLevel, Subkeys } from '../keys/subkeys.ts'
import type { Instrument } from './instrument.ts'

/**
 * Computes both fingerprints of an instrument: HMAC-SHA-256 over its full normalised value, so that it is recognised
 * when it comes again and cannot be found by trying all card numbers.
 *
 * The parts are written as a JSON array, which leaves no room for two instruments of one text.
 *
 * @returns 32 bytes each.
 * @see PCI DSS 4.0, 3.5.1.1
 */
export function fingerprints(instrument: Instrument, subkeys: Subkeys): Record<FingerprintLevel, Buffer> {
  const keys = subkeys.fingerprint[instrument.clear.type]
  const parts = instrument.recognisedBy.reveal()
  const hmac = (level: FingerprintLevel) =>
    createHmac('sha256', keys[level]).update(JSON.stringify(parts[level])).digest()
  return { number: hmac('number'), full: hmac('full') }
}

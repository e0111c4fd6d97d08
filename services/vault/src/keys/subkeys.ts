import { hkdfSync } from 'node:crypto'

const INSTRUMENT_TYPES = ['card', 'bank_account', 'paypal_account'] as const
export type InstrumentType = (typeof INSTRUMENT_TYPES)[number]

/** How much of an instrument a fingerprint recognises: its number, or number, expiry and holder. */
export type FingerprintLevel = 'number' | 'full'

/** What is computed with a tenant's secret. Each use has a key of its own, so that no output of one can serve another. */
export interface Subkeys {
  /** HMAC key of the names that callers give their intents. */
  readonly idempotency: Buffer
  /** HMAC key of the digests by which a changed request is told from a repeated one. */
  readonly request: Buffer
  /** HMAC key of the events' MACs. */
  readonly event: Buffer
  /** Seal the tenant's credentials of processors, apart by mode. */
  readonly credentials: Readonly<Record<'test' | 'live', Buffer>>
  /** Names requests to processors, so that a request that is repeated has the name that it had. */
  readonly processorKey: Buffer
  /** HMAC key of the MACs of registrations. */
  readonly registration: Buffer
  /** HMAC keys of fingerprints, apart by type and level: equal digits of a card and an account never look alike. */
  readonly fingerprint: Readonly<Record<InstrumentType, Readonly<Record<FingerprintLevel, Buffer>>>>
}

/**
 * Derives the keys of a tenant from its secret: HKDF-SHA-256 with the tenant as salt and the use as info, 32 bytes each.
 *
 * @param secret 32 random bytes.
 * @param tenantId UUID of the tenant.
 * @see RFC 5869; NIST SP 800-108 on one key for one purpose
 */
export function deriveSubkeys(secret: Buffer, tenantId: string): Subkeys {
  const derive = (use: string) => Buffer.from(hkdfSync('sha256', secret, tenantId, `kontor/vault/1/${use}`, 32))
  const fingerprints = (type: InstrumentType) => ({
    number: derive(`fingerprint/${type}/number`),
    full: derive(`fingerprint/${type}/full`),
  })
  return {
    idempotency: derive('idempotency-key'),
    request: derive('request-digest'),
    event: derive('event-mac'),
    credentials: { test: derive('processor-credentials/test'), live: derive('processor-credentials/live') },
    processorKey: derive('processor-key'),
    registration: derive('registration-mac'),
    fingerprint: {
      card: fingerprints('card'),
      bank_account: fingerprints('bank_account'),
      paypal_account: fingerprints('paypal_account'),
    },
  }
}

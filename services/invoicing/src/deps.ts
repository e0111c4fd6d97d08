import type { NewId } from '@kontor/ids'
import type { Fonts } from '@kontor/invoice-pdf'
import type { Database } from '@kontor/postgres'
import type { Send } from '@kontor/webhooks'
import type { ProcessorOf } from './processors/processor-of.ts'
import type { FindInstrument } from './vault/client.ts'
import type { ReadVaultFeed } from './vault/feed.ts'
import type { RegistrationOf } from './vault/registrations.ts'

/** What the features are given. Clock, ids and randomness come from outside, so that tests decide them. */
export interface Deps {
  readonly database: Database
  /** Keys the digests of idempotency keys and requests; 32 bytes or more, the same in every process. */
  readonly idempotencySecret: Buffer
  readonly newId: NewId
  readonly random: (size: number) => Uint8Array
  readonly now: () => Date
  /** Masked values of a token. The service never sees more. */
  readonly findInstrument: FindInstrument
  readonly processorOf: ProcessorOf
  /** How a processor knows a token. */
  readonly registrationOf: RegistrationOf
  /** What happened in the vault, for whoever wants to be told. */
  readonly readVaultFeed: ReadVaultFeed
  readonly webhooks: {
    /** The secrets of endpoints are derived from it; 32 bytes or more, the same in every process. */
    readonly secret: Buffer
    /** Whether this machine itself may be told something: for development and tests. */
    readonly loopback: boolean
    readonly send: Send
  }
  readonly fonts: Fonts
  /** How long a charge waits for its payer before it is let go of; a day unless given. */
  readonly payerWaitsMs?: number
  /** False issues each document by statements of its own; only to measure what issuing them together brings. */
  readonly coalesce?: boolean
}

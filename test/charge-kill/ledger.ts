/** What a client was told of a charge, or of a refund of one. */
export interface Told {
  readonly id: string
  readonly state: string
}

/** An invoice, and what there is to pay. */
export interface Asked {
  readonly id: string
  readonly payableMinor: number
}

/** A dispute at a processor, and what it told of it last. */
export interface Disputed {
  readonly reference: string
  readonly processor: 'stripe' | 'paypal'
  readonly chargeId: string
  readonly amountMinor: number
  readonly last: 'needs_response' | 'lost' | 'won'
  /** Whether the processor told what it gave back as a refund as well; then nothing else of the charge went. */
  readonly toldTwice: boolean
}

/** What the clients and the processors of a storm know. */
export interface Ledger {
  readonly invoices: Asked[]
  readonly told: Told[]
  readonly refunds: Told[]
  readonly disputes: Disputed[]
  /** Events that were answered with 200: nobody delivers them again. */
  readonly taken: string[]
  /** Connections that broke, and answers that say to ask again. */
  broken: number
  again: number
  refused: number
  /** Clients that never came back. */
  gone: number
  readonly unexpected: string[]
}

export const newLedger = (): Ledger => ({
  invoices: [],
  told: [],
  refunds: [],
  disputes: [],
  taken: [],
  broken: 0,
  again: 0,
  refused: 0,
  gone: 0,
  unexpected: [],
})

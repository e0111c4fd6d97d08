/** A run that issues many drafts, as it is stored. */
export interface InvoiceRun {
  readonly id: string
  readonly tenant_id: string
  readonly mode: 'test' | 'live'
  readonly key_id: string
  readonly dry_run: boolean
  readonly issue_on: string | null
  readonly total: number
  /** The wave that is being worked on; 0 before the first. */
  readonly wave: number
  readonly version: number
  readonly created_at: Date
  readonly started_at: Date | null
  readonly finished_at: Date | null
}

/** What can become of a draft in a run. */
export type ItemState = 'queued' | 'issued' | 'issuable' | 'refused' | 'skipped'

export type Counts = Readonly<Record<ItemState, number>>

/** One draft of a run. */
export interface RunItem {
  readonly ord: number
  readonly document_id: string
  readonly state: ItemState
  readonly code: string | null
  readonly path: string | null
}

/** What became of a draft when it was its turn. */
export interface Settled {
  readonly ord: number
  readonly state: Exclude<ItemState, 'queued'>
  readonly code: string | null
  readonly path: string | null
}

/** Which drafts a run is to issue. */
export type Selection =
  | { readonly invoiceIds: readonly string[] }
  | {
      readonly issuerId: string | undefined
      readonly accountId: string | undefined
      readonly createdBefore: Date | undefined
    }

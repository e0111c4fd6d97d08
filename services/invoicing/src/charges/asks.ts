import type { Processor } from '@kontor/processors'
import type { Owner } from '../issuers/repo.ts'
import type { MaskedInstrument } from '../vault/client.ts'
import type { FallBack } from './fallback.ts'
import type { FollowUps } from './follow.ts'
import type { ChargeLedger } from './ledger.ts'

/** What charges ask others. */
export interface Asks {
  readonly ledger: ChargeLedger
  /** The processor of a charge that names none. The amount is asked for only where it matters. */
  readonly choose: (
    owner: Owner,
    charge: { readonly type: MaskedInstrument['type']; readonly currency: string },
    amountMinor: () => Promise<bigint>,
  ) => Promise<{
    readonly name: Processor['name']
    readonly fallback: Processor['name'] | null
    readonly chosenBy: 'rule' | 'default'
  }>
  readonly fallBack: FallBack
  readonly dropRetry: FollowUps['drop']
}

import type { Deps } from '../deps.ts'
import type { Receive } from '../payments/receive.ts'
import type { Asks } from './asks.ts'
import { attempts } from './attempts.ts'
import { fallingBack } from './fallback.ts'
import { followUps, type NextRetry } from './follow.ts'
import { chargeLedger } from './ledger.ts'
import type { RetryWork } from './retry-work.ts'

/** What charges are told of the rules of their tenant. */
export interface Policy {
  readonly choose: Asks['choose']
  readonly nextRetry: NextRetry
  readonly retries: RetryWork['retries']
}

/** Puts together what takes money: for the routes, and for the jobs beside them. */
export function charging(deps: Deps, receive: Receive, policy: Policy): Asks & RetryWork {
  const followed = followUps(deps, policy.nextRetry)
  const ledger = chargeLedger(deps, receive, followed.follow)
  const made = attempts(deps, ledger, followed)
  return {
    deps,
    ledger,
    attempts: made,
    followUps: followed,
    fallBack: fallingBack(deps, ledger, made, followed),
    dropRetry: followed.drop,
    choose: policy.choose,
    retries: policy.retries,
  }
}

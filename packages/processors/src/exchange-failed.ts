import { type NotSent, type NotSentBecause, notSent, type Unknown, type UnknownBecause, unknown } from './outcome.ts'

/** An exchange with a processor that gave no answer that can be used. It says nothing of what was sent. */
export class ExchangeFailed extends Error {
  readonly outcome: NotSent | Unknown

  constructor(outcome: NotSent | Unknown) {
    super(`the exchange with the processor failed: ${outcome.because}`)
    this.outcome = outcome
  }

  static notSent(because: NotSentBecause): ExchangeFailed {
    return new ExchangeFailed(notSent(because))
  }

  static unknown(because: UnknownBecause): ExchangeFailed {
    return new ExchangeFailed(unknown(because))
  }
}

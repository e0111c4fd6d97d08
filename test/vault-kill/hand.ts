import type { Answer, PatientClient, Tally } from '../support/patient-client.ts'
import type { Ending, Ledger, Stored } from './ledger.ts'
import { opensAs, revealBody, type TokenRequest } from './request.ts'

/** Whom the jobs are done for, and where it is written down. */
export interface Work {
  readonly client: PatientClient
  readonly tally: Tally
  readonly ledger: Ledger
  /** `acc_…` of the customers. */
  readonly accounts: readonly string[]
  /** @returns An account `acc_…` that nobody else uses. */
  newAccount(): string
}

/** One client at work: it asks, notes what it was told, and notes what it should never have been told. */
export interface Hand {
  /** Asks for a token. @param to The process that is asked first, 0 or 1. */
  tokenize(request: TokenRequest, key: string, to?: number): Promise<Answer>
  /** Notes a token, if the answer is one. */
  acknowledge(
    answer: Answer | undefined,
    asked: { request: TokenRequest; key: string; opens: object },
  ): Stored | undefined
  reveal(stored: Stored, to?: number): Promise<Answer>
  /** Sends a request that has no body, and after which the token is gone. */
  end(stored: Stored, path: string, as: Ending): Promise<void>
  send: PatientClient['send']
  store: Ledger['store']
  /** Notes a refusal that was asked for, or that the answer was something else. */
  refusedWith(code: string, answer: Answer | undefined): void
  unexpected(sentence: string, answer?: Answer): void
}

const said = (answer: Answer | undefined) =>
  answer === undefined ? '' : `: ${answer.status} ${answer.body?.code ?? ''} ${answer.body?.id ?? ''}`

/** @param index Of the job: which process it asks first, and what it is called in a report. */
export function handOf({ client, tally, ledger }: Work, index: number): Hand {
  const send: PatientClient['send'] = (to, ...rest) => client.send(index + to, ...rest)
  const unexpected = (sentence: string, answer?: Answer) =>
    void tally.unexpected.push(`job ${index}: ${sentence}${said(answer)}`)
  return {
    send,
    store: (stored) => ledger.store(stored),
    unexpected,
    tokenize: (request, key, to = 0) => send(to, 'POST', '/v1/tokens', request, { 'idempotency-key': key }),
    acknowledge(answer, { request, key, opens }) {
      if (answer?.status !== 201 && answer?.status !== 200) {
        unexpected('a token was asked for', answer)
        return undefined
      }
      const intent = { idempotencyKey: key, path: '/v1/tokens', request, status: answer.status } as const
      const known = ledger.stored.find(({ id }) => id === answer.body.id)
      if (known && answer.status === 200) known.intents.push(intent)
      if (known && answer.status === 200) return known
      const { type, account_id: account } = request
      return ledger.store({ id: answer.body.id, account, type, intents: [intent], opens: { ...opens } })
    },
    async reveal(stored, to = 0) {
      const answer = await send(to, 'POST', `/v1/tokens/${stored.id}/reveal`, revealBody(stored))
      ledger.revealed(stored.id, { acknowledged: answer.status === 200 ? 1 : 0, sent: answer.attempts })
      if (answer.status === 200 && !opensAs(stored, answer.body)) {
        unexpected(`${stored.id} opened with something else than was sent`)
      }
      return answer
    },
    async end(stored, path, as) {
      const answer = await send(0, 'DELETE', path)
      if (answer.status === 204 || answer.status === 200) stored.ended = as
      else unexpected('a deletion was asked for', answer)
    },
    refusedWith(code, answer) {
      if (answer?.body?.code === code) tally.refused++
      else unexpected(`${code} was expected`, answer)
    },
  }
}

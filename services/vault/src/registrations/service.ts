import { setTimeout as pause } from 'node:timers/promises'
import { NotFound, type Principal } from '@kontor/http-api'
import { bucketOf, type NewId } from '@kontor/ids'
import { type Database, type Tx, withTransaction } from '@kontor/postgres'
import { DomainError } from '@kontor/problem'
import type { PayerAction, Processor } from '@kontor/processors'
import type { Subkeys } from '../keys/subkeys.ts'
import type { TenantKeys } from '../keys/tenant-keys.ts'
import type { Connections } from '../processors/connect.ts'
import { noteOrphans } from '../registration-ledger/ending.ts'
import type { AttemptId, Told } from '../registration-ledger/registration.ts'
import type { RegistrableTokens } from '../tokens/registrable.ts'
import type { Token } from '../tokens/token.ts'
import { RegistrationInProgress } from './errors.ts'
import { instrumentFor } from './instrument.ts'
import { digestRegistration, finishKey, type IntentDigest, registerKey } from './intent.ts'
import { insertAttempt, listAttempts, supersede, takeAttempt } from './repo.ts'
import { type Asked, answerOf, currentOf, decide, isOutdated, type Next } from './rules.ts'
import type { RegisterBody } from './schema.ts'
import { note, type Work, worker } from './work.ts'

/** What the feature is given. */
export interface RegistrationsDeps {
  readonly database: Database
  readonly tenantKeys: TenantKeys
  readonly tokens: RegistrableTokens
  readonly processorOf: Connections['processorOf']
  readonly newId: NewId
  readonly now: () => Date
}

interface OfToken {
  readonly principal: Principal
  readonly requestId: string
  /** UUID. */
  readonly tokenId: string
}

export interface Register extends OfToken {
  readonly idempotencyKey: string
  readonly body: RegisterBody
}

export interface Finish extends OfToken {
  readonly processor: Processor['name']
}

/** A registration as it stands. */
export interface ShownRegistration {
  readonly id: AttemptId
  readonly told: Told
  /** What the payer has to do, where the processor has just said so. */
  readonly action?: PayerAction
}

/** One as it is listed. */
export interface ListedRegistration extends Pick<ShownRegistration, 'id' | 'told'> {
  /** Which attempt of the token it is. */
  readonly ord: number
  /** Whether the card was changed since. */
  readonly outdated: boolean
}

export interface Registered extends ShownRegistration {
  /** This request made it; else it was there. */
  readonly created: boolean
  readonly replayed: boolean
}

/** What is to be done, and once that is committed, the work on it. */
type Claimed =
  | Extract<Next, { do: 'answer' | 'wait' }>
  | { readonly do: 'read again' }
  | (Extract<Next, { do: 'ask' }> & { readonly work: Work })
  | { readonly do: 'send'; readonly work: Work }

/** After how many milliseconds a request looks again whether another one is done: for two seconds, and ever less often. */
const WAITS_MS: readonly number[] = [50, 100, 200, 400, 600, 650]
/** A token that changes under a request is read again. */
const READS_MAX = 5

/** The use cases of registering instruments with processors. */
export function registrations(deps: RegistrationsDeps) {
  const { database, tenantKeys, tokens, processorOf, newId, now } = deps
  const send = worker(deps)

  /** Decides under the lock of the token, and commits what is about to be sent. */
  function claim(
    command: OfToken,
    token: Token,
    subkeys: Subkeys,
    choose: (tx: Tx) => Promise<Next>,
    digest?: IntentDigest & { readonly processor: Processor['name'] },
  ): Promise<Claimed> {
    return withTransaction(database.knex, async (tx): Promise<Claimed> => {
      if (!(await tokens.hold(tx, token))) return { do: 'read again' }
      const next = await choose(tx)
      if (next.do === 'answer' || next.do === 'wait') return next
      const { principal, requestId } = command
      const at = now()
      const mine = { worker: { owner: newId(bucketOf(token.id)), at }, token, subkeys, principal, requestId }
      if (next.do === 'ask') {
        await takeAttempt(tx, next.attempt, mine.worker)
        return { ...next, work: { ...mine, id: next.attempt, before: next.attempt.told, unknownSince: null } }
      }
      if (!digest) throw new Error('only an intent is sent')
      const { tenantId, mode } = principal
      const fresh = { id: newId(bucketOf(token.id)), tenantId, mode, tokenId: token.id, processor: digest.processor }
      const work: Work = {
        ...mine,
        id: next.again ?? fresh,
        before: undefined,
        unknownSince: next.again?.sentAt ?? null,
      }
      for (const earlier of next.superseded) {
        await supersede(tx, earlier, at)
        const orphans = earlier.state === 'not_sent' ? [] : [{ ...earlier, version: token.version }]
        const author = { ...principal, subjectId: token.subjectId, requestId, at }
        await noteOrphans(tx, orphans, 'superseded', author, { newId, eventKey: subkeys.event })
      }
      if (next.again) await takeAttempt(tx, next.again, mine.worker)
      else await insertAttempt(tx, fresh, { ...digest, expiry: expiryOf(token) }, mine.worker)
      await note(tx, work, 'token.registration_begun', { processor: digest.processor }, deps)
      return { do: next.do, work }
    })
  }

  const ask = (work: Work, waitingAs: string, processor: Processor) =>
    send(work, () =>
      processor.finishRegistration({
        idempotencyKey: finishKey(work.subkeys, work.id, waitingAs),
        registration: waitingAs,
      }),
    )

  /** What an intent was answered with, where it would be refused today: credentials are removed between two tries. */
  async function replay({ principal, tokenId, idempotencyKey, body }: Register): Promise<Registered | undefined> {
    const token = await tokens.find(principal, tokenId)
    const subkeys = await tenantKeys.subkeys(principal.tenantId)
    const { intent, request } = digestRegistration(subkeys, token, idempotencyKey, body)
    const attempts = await listAttempts(database.knex, tokenId, subkeys.registration)
    const own = attempts.find(({ intentHmac, requestHmac }) => intentHmac.equals(intent) && requestHmac.equals(request))
    if (!own?.told || 'waitingAs' in own.told) return undefined
    return { id: own, told: own.told, created: true, replayed: true }
  }

  /** One pass, or why it has to be made again. */
  async function attempt(command: Register, waits: number): Promise<Registered | 'read again' | 'wait' | 'again'> {
    const { principal, tokenId, idempotencyKey, body } = command
    const registrable = await tokens.get(principal, tokenId)
    const { token } = registrable
    const processor = await processorOf(principal, body.processor)
    const instrument = instrumentFor(registrable, body, now())
    const subkeys = await tenantKeys.subkeys(principal.tenantId)
    const digest = digestRegistration(subkeys, token, idempotencyKey, body)
    const asked: Omit<Asked, 'now'> = {
      processor: body.processor,
      intentHmac: digest.intent,
      requestHmac: digest.request,
      expiry: expiryOf(token),
      keyLifeMs: processor.keyLifeMs.register,
    }
    const choose = async (tx: Tx) =>
      decide(await listAttempts(tx, tokenId, subkeys.registration), { ...asked, now: now() })
    const next = await claim(command, token, subkeys, choose, { ...digest, processor: body.processor })
    if (next.do === 'read again') return next.do
    if (next.do === 'wait') {
      if (waits >= WAITS_MS.length) throw next.refusal
      return next.do
    }
    if (next.do === 'answer') {
      const own = next.attempt.intentHmac.equals(digest.intent)
      return { id: next.attempt, told: next.told, created: own, replayed: own }
    }
    const { work } = next
    if (next.do === 'ask') {
      const own = next.attempt.intentHmac.equals(digest.intent)
      const answered = await ask(work, next.waitingAs, processor)
      // What another request had begun came to nothing: this one begins anew.
      if (!own && answered.told.state === 'declined') return 'again'
      return { id: work.id, ...answered, created: own, replayed: own }
    }
    const key = registerKey(subkeys, work.id, digest.intent)
    const answered = await send(work, () => processor.register({ idempotencyKey: key, instrument }))
    return { id: work.id, ...answered, created: true, replayed: false }
  }

  return {
    /**
     * Registers a token with a processor, once for each intent.
     *
     * @throws {DomainError} 404, 410 of the token; 422 of a rule; 409 of an intent that cannot go on; 429 of too many declines.
     * @throws {ProcessorNotReached | RegistrationUnknown} 502, 504.
     */
    async register(command: Register): Promise<Registered> {
      let [reads, waits] = [0, 0]
      for (;;) {
        const outcome = await attempt(command, waits).catch(async (refusal: unknown) => {
          const earlier = refusal instanceof DomainError && refusal.status === 422 ? await replay(command) : undefined
          if (earlier) return earlier
          throw refusal
        })
        if (typeof outcome === 'object') return outcome
        if (outcome !== 'wait' && ++reads > READS_MAX)
          throw new Error('a token changed faster than it could be registered')
        if (outcome !== 'wait') continue
        await pause(WAITS_MS[waits++])
      }
    },

    /** @returns The token, and for each processor the newest registration that tells something. */
    async list(principal: Principal, tokenId: string): Promise<{ token: Token; registrations: ListedRegistration[] }> {
      const token = await tokens.find(principal, tokenId)
      const { registration: key } = await tenantKeys.subkeys(principal.tenantId)
      const attempts = await listAttempts(database.knex, tokenId, key)
      const names = [...new Set(attempts.map(({ processor }) => processor))].sort()
      const registrations = names.flatMap((name) => {
        const current = currentOf(attempts, name)
        if (!current?.told) return []
        const outdated = isOutdated(current, expiryOf(token))
        return [{ id: current, told: current.told, ord: current.ord, outdated }]
      })
      return { token, registrations }
    },

    /**
     * Asks what became of a registration that waits.
     *
     * @throws {NotFound} There is none at this processor.
     * @throws {ProcessorNotReached | RegistrationUnknown} 502, 504: it waits as before.
     */
    async finish(command: Finish): Promise<ShownRegistration> {
      const { principal, tokenId, processor: name } = command
      const subkeys = await tenantKeys.subkeys(principal.tenantId)
      for (let waits = 0; ; waits++) {
        const token = await tokens.find(principal, tokenId)
        const choose = async (db: Tx | Database['knex']): Promise<Next> => {
          const current = currentOf(await listAttempts(db, tokenId, subkeys.registration), name)
          if (!current?.told) throw new NotFound('registration')
          const next = answerOf(current, current.told)
          return next.do === 'ask' && current.atWork ? { do: 'wait', refusal: new RegistrationInProgress() } : next
        }
        const seen = await choose(database.knex)
        if (seen.do === 'answer') return { id: seen.attempt, told: seen.told }
        const processor = await processorOf(principal, name)
        const next = await claim(command, token, subkeys, choose)
        if (next.do === 'answer') return { id: next.attempt, told: next.told }
        if (next.do === 'ask') return { id: next.work.id, ...(await ask(next.work, next.waitingAs, processor)) }
        if (waits >= WAITS_MS.length) throw new RegistrationInProgress()
        await pause(WAITS_MS[waits])
      }
    },
  }
}

/** @returns `YYYY-MM`, null for what has no expiry. */
const expiryOf = ({ clear }: Pick<Token, 'clear'>): string | null =>
  clear.type === 'card' ? `${clear.expiryYear}-${String(clear.expiryMonth).padStart(2, '0')}` : null

export type Registrations = ReturnType<typeof registrations>

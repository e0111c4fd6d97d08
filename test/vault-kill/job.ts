import { type Hand, handOf, type Work } from './hand.ts'
import type { Stored } from './ledger.ts'
import { instrument, type TokenRequest } from './request.ts'

/** What one job has to do with: an instrument that nobody else stores, and a key that nobody else uses. */
interface Job extends Hand {
  readonly request: TokenRequest
  readonly key: string
  readonly opens: Readonly<Record<string, unknown>>
  /** `undefined` where the instrument is a guest's. */
  readonly account: string | undefined
  /** Of a customer who will be there for long. */
  readonly otherAccount: string
  newAccount(): string
}

type Kind = (job: Job) => Promise<void>

const once = async (job: Job): Promise<Stored | undefined> =>
  job.acknowledge(await job.tokenize(job.request, job.key), job)

/** Each job stores one instrument; what else it does is what differs. */
const KINDS: readonly Kind[] = [
  async function plain(job) {
    await once(job)
  },
  async function refusedFirst(job) {
    job.refusedWith('invalid_holder_name', await job.tokenize({ ...job.request, holder: { name: '--' } }, job.key))
    await once(job)
  },
  async function repeated(job) {
    const stored = await once(job)
    const again = await job.tokenize(job.request, job.key, 1)
    if (stored && (again.body?.id !== stored.id || !again.replayed)) job.unexpected('a request was repeated', again)
  },
  async function twins(job) {
    const answers = await Promise.all([0, 1].map((to) => job.tokenize(job.request, job.key, to)))
    if (new Set(answers.map(({ body }) => body?.id)).size !== 1) job.unexpected('twins got two tokens', answers[1])
    job.acknowledge(answers[0], job)
  },
  async function rivals(job) {
    const other = { ...job.request, metadata: { ...job.request.metadata, rival: 'yes' } }
    const [one, rival] = await Promise.all([job.tokenize(job.request, job.key), job.tokenize(other, job.key, 1)])
    const isFirst = one?.status === 201
    job.acknowledge(isFirst ? one : rival, isFirst ? job : { ...job, request: other })
    job.refusedWith('idempotency_mismatch', isFirst ? rival : one)
  },
  async function revealed(job) {
    const stored = await once(job)
    if (!stored) return
    const answer = await job.reveal(stored, 1)
    if (answer.status !== 200) job.unexpected('a reveal was asked for', answer)
  },
  async function deleted(job) {
    const stored = await once(job)
    if (!stored) return
    await job.end(stored, `/v1/tokens/${stored.id}`, 'token_deleted')
    job.refusedWith('token_deleted', await job.tokenize(job.request, job.key, 1))
  },
  async function deletedWhileRevealed(job) {
    const stored = await once(job)
    if (!stored) return
    const [answer] = await Promise.all([
      job.reveal(stored, 1),
      job.end(stored, `/v1/tokens/${stored.id}`, 'token_deleted'),
    ])
    if (answer.status !== 200) job.refusedWith('token_deleted', answer)
  },
  async function duplicated(job) {
    if (job.account === undefined) return void (await once(job))
    const request = { ...job.request, on_duplicate: 'return_existing' }
    const keys = [job.key, `${job.key}-again`]
    const answers = await Promise.all(keys.map((key, to) => job.tokenize(request, key, to)))
    const made = answers.filter(({ status }) => status === 201)
    if (made.length !== 1) job.unexpected(`one instrument was new ${made.length} times`, answers[1])
    const byStatus = keys.map((key, n) => ({ key, answer: answers[n] }))
    for (const { key, answer } of byStatus.sort((a, b) => (b.answer?.status ?? 0) - (a.answer?.status ?? 0))) {
      job.acknowledge(answer, { ...job, request, key })
    }
  },
  async function changed(job) {
    const stored = await once(job)
    if (!stored) return
    const holder = { name: `${job.request.holder.name} changed` }
    const path = `/v1/tokens/${stored.id}`
    const answer = await job.send(0, 'PATCH', path, { holder }, { 'if-match': '"1"' })
    // A change whose answer was lost is answered like a change that came too late; nobody else changes this token.
    const isDone = answer.status === 200 || (answer.attempts > 1 && answer.body?.code === 'version_conflict')
    if (isDone) stored.opens = { ...stored.opens, holder }
    else job.unexpected('a change was asked for', answer)
  },
  async function attached(job) {
    const stored = await once(job)
    if (!stored || job.account !== undefined) return
    const request = { account_id: job.otherAccount }
    const path = `/v1/tokens/${stored.id}/attach`
    const headers = { 'idempotency-key': job.key }
    const answers = await Promise.all([0, 1].map((to) => job.send(to, 'POST', path, request, headers)))
    const [answer] = answers
    if (answer?.status !== 201 || answers[1]?.body?.id !== answer.body.id) {
      return job.unexpected('an attachment was asked for twice under one key', answers[1])
    }
    stored.ended = 'token_moved'
    const intent = { idempotencyKey: job.key, path, request, status: 201 } as const
    const { id: movedFrom, type, opens } = stored
    job.store({ id: answer.body.id, account: job.otherAccount, type, opens, intents: [intent], movedFrom })
  },
  async function erased(job) {
    const account = job.newAccount()
    const request = { ...job.request, account_id: account }
    const stored = job.acknowledge(await job.tokenize(request, job.key), { ...job, request })
    if (!stored) return
    const [answer] = await Promise.all([
      job.reveal(stored, 1),
      job.end(stored, `/v1/accounts/${account}/data`, 'subject_erased'),
    ])
    if (answer.status !== 200) job.refusedWith('subject_erased', answer)
    job.refusedWith('subject_erased', await job.tokenize(request, `${job.key}-late`, 1))
  },
]

/** How many jobs it takes until each kind was done with each type of instrument. */
const ROUND = 4 * KINDS.length

/**
 * Does one job to its end, whatever is killed meanwhile: stores an instrument that nobody else stores, and does with it what
 * is the turn of this job. Every third instrument is a guest's.
 */
export function doJob(work: Work, index: number): Promise<void> {
  const { body, opens } = instrument(index)
  const { accounts } = work
  const otherAccount = accounts[(index + Math.floor(index / accounts.length)) % accounts.length] as string
  // The length of a round is a multiple of three, so that the rounds take turns.
  const isGuest = (index + Math.floor(index / ROUND)) % 3 === 2
  const key = `vault-kill-${index}`
  // The kinds of instruments, four, change faster than what is done with them, so that each meets each.
  const kind = KINDS[Math.floor(index / 4) % KINDS.length] as Kind
  return kind({
    ...handOf(work, index),
    request: { ...body, ...(isGuest ? {} : { account_id: otherAccount }), metadata: { intent: key } },
    key,
    opens,
    account: isGuest ? undefined : otherAccount,
    otherAccount,
    newAccount: work.newAccount,
  })
}

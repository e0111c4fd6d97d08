import fc from 'fast-check'
import { CHOICES } from './instrument.ts'
import { type Change, FIELDS_OF_TYPE, type Request } from './request.ts'
import { type State, usableTokens } from './state.ts'
import { HOUR_MS, type Known, upTo, type Wish, wish } from './wish.ts'

/** The last token, the last but one, … ; the unknown one while there is none. */
const tokenAt = ({ tokens, nobody }: Known, n: number): string =>
  tokens.at(-1 - (n % Math.max(tokens.length, 1))) ?? nobody

/** Asks for all that the instrument of a token has, or for one field of it. */
export function reveal(state: State, token: string, whole: boolean): Request {
  const fields = FIELDS_OF_TYPE[state.tokens[token]?.instrument.type ?? 'card']
  return { does: 'reveal', token, fields: whole ? fields : fields.slice(0, 1) }
}

const reading = (n: number) => fc.constant(wish(`read ${n}`, (known) => ({ does: 'read', token: tokenAt(known, n) })))
const deleting = (n: number) =>
  fc.constant(wish(`delete ${n}`, (known) => ({ does: 'delete', token: tokenAt(known, n) })))
const revealing = (n: number) =>
  fc
    .boolean()
    .map((whole) =>
      wish(`reveal ${n}${whole ? '' : ', one field'}`, (known) => reveal(known.state, tokenAt(known, n), whole)),
    )

/** By what the end of a token is put off: for ever, or for an hour from then. */
interface ChosenChange {
  readonly expiry?: number
  readonly holder?: number
  readonly metadata?: Readonly<Record<string, string | null>>
  readonly ends?: 'never' | 'soon'
}

const change = fc
  .record(
    {
      expiry: upTo(CHOICES.expiries),
      holder: upTo(CHOICES.holders),
      metadata: fc.dictionary(fc.constantFrom('order', 'shop'), fc.constantFrom('0', '1', null), {
        noNullPrototype: true,
      }),
      ends: fc.constantFrom<'never' | 'soon'>('never', 'soon'),
    },
    { requiredKeys: [] },
  )
  .filter((chosen) => Object.keys(chosen).length > 0) as fc.Arbitrary<ChosenChange>

function changeAt({ ends, ...rest }: ChosenChange, nowMs: number): Change {
  if (ends === undefined) return rest
  return { ...rest, expiresAtMs: ends === 'never' ? null : nowMs + HOUR_MS }
}

const patching = (n: number) =>
  fc.tuple(fc.integer({ min: 0, max: 4 }), change).map(([luck, chosen]) => {
    const stale = luck === 0
    return wish(`patch ${n}${stale ? ', stale,' : ''} ${JSON.stringify(chosen)}`, (known) => {
      const token = tokenAt(known, n)
      const { version = 1 } = known.state.tokens[token] ?? {}
      return {
        does: 'patch',
        token,
        version: stale ? Math.max(1, version - 1) : version,
        change: changeAt(chosen, known.state.nowMs),
      }
    })
  })

const attaching = (n: number) =>
  fc.tuple(upTo(3), upTo(2)).map(([key, account]) =>
    wish(`attach ${n} to ${account} under ${key}`, (known) => ({
      does: 'attach',
      idempotencyKey: `model-key-${key}`,
      token: tokenAt(known, n),
      account: known.accounts[account] as string,
    })),
  )

/** One request about the token at `n`. */
export const onToken = (n: number): fc.Arbitrary<Wish> =>
  fc.oneof(
    { weight: 1, arbitrary: reading(n) },
    { weight: 2, arbitrary: revealing(n) },
    { weight: 2, arbitrary: deleting(n) },
    { weight: 4, arbitrary: patching(n) },
    { weight: 2, arbitrary: attaching(n) },
  )

/** A guest's token that is still there is attached, and at the same time something else is done with it. */
export const attachedMeanwhile: fc.Arbitrary<Wish[]> = fc
  .tuple(upTo(3), upTo(2), fc.oneof(fc.constant('delete' as const), fc.constant('read' as const)), upTo(2))
  .map(([key, account, does, other]) => {
    const guest = (known: Known) =>
      usableTokens(known.state).findLast((token) => token.account === null)?.id ?? known.nobody
    const attachTo = (to: number) =>
      wish(`attach a guest’s to ${to} under ${key}`, (known) => ({
        does: 'attach',
        idempotencyKey: `model-key-${key}`,
        token: guest(known),
        account: known.accounts[to] as string,
      }))
    return [attachTo(account), attachTo(other), wish(`${does} a guest’s`, (known) => ({ does, token: guest(known) }))]
  })

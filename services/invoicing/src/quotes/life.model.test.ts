import test from 'ava'
import fc from 'fast-check'
import { issuerAndAccount, type Reply } from '../../../../test/support/invoicing.ts'
import { type Action, act, draftOf, type Model, QUANTITIES, stateIn } from '../testing/quote-model.ts'
import { LINES, type QuoteStage, quoteStage } from '../testing/quote-stage.ts'

let stage: QuoteStage
test.before(async () => {
  stage = await quoteStage()
})
test.after.always(() => stage.kontor.close())

/** What was done with the real service: the quotes in the order in which they were made, and every code it ever answered. */
interface Real {
  readonly ids: string[]
  readonly seen: Set<string>
}
/** The model is pure; this holds the one that is true now. */
interface Now {
  model: Model
}

const ROUTES = {
  issue: 'issue',
  accept: 'accept',
  acceptWhole: 'accept',
  decline: 'decline',
  cancel: 'cancel',
  convert: 'convert',
  convertSome: 'convert',
  revise: 'revise',
} as const

function request({ kind, quantity }: Action): object {
  if (kind === 'accept') return { convert: 'none' }
  if (kind === 'convertSome') return { lines: [{ line: 1, quantity: String(quantity) }] }
  return kind === 'revise' ? { currency: 'CHF', lines: LINES, valid_until: '2026-12-31' } : {}
}

async function send(real: Real, action: Action, beside: boolean): Promise<Reply> {
  const id = real.ids[action.quote % real.ids.length] as string
  const call = beside ? stage.actBeside : stage.act
  return call(id, ROUTES[action.kind], request(action))
}

const saidBy = ({ status, body }: Reply): string => (status < 300 ? 'ok' : body.code)

/** What is read of every quote is what the model says. */
async function compare({ model }: Now, { ids, seen }: Real): Promise<void> {
  for (const [index, quote] of model.quotes.entries()) {
    const read = await stage.get(ids[index] as string)
    const left = read.conversion?.lines.map(({ remaining }: { remaining: string }) => Number(remaining))
    const state = stateIn(model, quote)
    if (read.state !== state) throw new Error(`quote ${index} is ${read.state}, not ${state}`)
    const expected = quote.step === 'accepted' ? quote.left.join() : undefined
    if (left?.join() !== expected) throw new Error(`of quote ${index} there is ${left} left, not ${expected}`)
    seen.add(state)
  }
}

class One implements fc.AsyncCommand<Now, Real> {
  readonly action: Action
  constructor(action: Action) {
    this.action = action
  }
  check(): boolean {
    return true
  }
  async run(now: Now, real: Real): Promise<void> {
    const reply = await send(real, this.action, false)
    const { said, model } = act(now.model, this.action)
    if (saidBy(reply) !== said) throw new Error(`answered ${saidBy(reply)}, not ${said}`)
    real.seen.add(said)
    if (model.quotes.length > real.ids.length) real.ids.push(reply.body.id)
    now.model = model
    await compare(now, real)
  }
  toString(): string {
    return JSON.stringify(this.action)
  }
}

/** Two at once, each by its own process: what they are answered must be what one after the other would have been. */
class Two implements fc.AsyncCommand<Now, Real> {
  readonly actions: readonly [Action, Action]
  constructor(actions: readonly [Action, Action]) {
    this.actions = actions
  }
  check(): boolean {
    return true
  }
  async run(now: Now, real: Real): Promise<void> {
    const [a, b] = this.actions
    const replies = await Promise.all([send(real, a, false), send(real, b, true)])
    const before = now.model
    // A position counts around what was there when both were sent.
    const fixed = ([a, b] as const).map((each) => ({ ...each, quote: each.quote % before.quotes.length }))
    const orders = [
      [0, 1],
      [1, 0],
    ].map((order) => {
      const said: string[] = []
      let model = before
      for (const n of order) {
        const outcome = act(model, fixed[n] as Action)
        said[n] = outcome.said
        model = outcome.model
      }
      return { said, model, order }
    })
    const got = replies.map(saidBy)
    const match = orders.find(({ said }) => said.join() === got.join())
    if (!match) throw new Error(`answered ${got}, which is neither ${orders.map(({ said }) => said).join(' nor ')}`)
    for (const code of got) real.seen.add(code)
    now.model = match.model
    for (const n of match.order) {
      if (fixed[n]?.kind === 'revise' && got[n] === 'ok') real.ids.push(replies[n]?.body.id)
    }
    await compare(now, real)
  }
  toString(): string {
    return `at once ${JSON.stringify(this.actions)}`
  }
}

class NextDay implements fc.AsyncCommand<Now, Real> {
  readonly day: string
  constructor(day: string) {
    this.day = day
  }
  check({ model }: Readonly<Now>): boolean {
    return model.today < this.day
  }
  async run(now: Now, real: Real): Promise<void> {
    stage.kontor.clock.set(`${this.day}T10:00:00.000Z`)
    now.model = { ...now.model, today: this.day }
    await compare(now, real)
  }
  toString(): string {
    return `on ${this.day}`
  }
}

const KINDS = [
  'issue',
  'issue',
  'accept',
  'acceptWhole',
  'decline',
  'cancel',
  'convert',
  'convertSome',
  'convertSome',
  'revise',
  'revise',
] as const
const action = fc.record({
  kind: fc.constantFrom(...KINDS),
  quote: fc.nat(3),
  quantity: fc.integer({ min: 1, max: (QUANTITIES[0] ?? 0) + 1 }),
})
const commands = fc.commands(
  [
    action.map((each) => new One(each)),
    action.map((each) => new One(each)),
    fc.tuple(action, action).map((both) => new Two(both)),
    fc.tuple(action, action, fc.nat(3)).map(
      ([a, b, quote]) =>
        new Two([
          { ...a, quote },
          { ...b, quote },
        ]),
    ),
    fc.constantFrom('2026-11-24', '2027-01-02').map((day) => new NextDay(day)),
  ],
  { maxCommands: 14 },
)

const one = (kind: Action['kind'], quote: number, quantity = 1) => new One({ kind, quote, quantity })
/** Lives in which a quote comes to each state, and is refused in each way, whatever is drawn. */
const EVERY_STATE: readonly (readonly fc.AsyncCommand<Now, Real>[])[] = [
  [one('cancel', 0), one('accept', 0)],
  [one('decline', 0)],
  [
    new NextDay('2026-11-24'),
    one('accept', 0),
    one('revise', 0),
    one('revise', 0),
    one('issue', 1),
    one('accept', 0),
    one('accept', 1),
    one('convertSome', 1, (QUANTITIES[0] ?? 0) + 1),
  ],
]

test('whatever is done with quotes, also by two at once, is what the rules say', async (t) => {
  const seen = new Set<string>()
  const live = async (run: Iterable<fc.AsyncCommand<Now, Real>>) => {
    stage.kontor.clock.set('2026-11-23T10:00:00.000Z')
    const { order } = await issuerAndAccount(stage.kontor)
    const draft = await stage.kontor.call('POST', '/v1/quotes', { ...order, lines: LINES, valid_until: '2026-11-23' })
    const setup = () => ({
      model: { model: { today: '2026-11-23', quotes: [draftOf('2026-11-23')] } },
      real: { ids: [draft.body.id], seen },
    })
    await fc.asyncModelRun(setup, [one('issue', 0), ...run])
  }
  for (const life of EVERY_STATE) await t.notThrowsAsync(live(life))
  await t.notThrowsAsync(fc.assert(fc.asyncProperty(commands, live), { numRuns: 60, endOnFailure: true }))
  const reached = [
    'ok',
    'invalid_transition',
    'quote_expired',
    'quote_superseded',
    'revision_exists',
    'conversion_exceeds_quote',
  ]
  const states = ['draft', 'sent', 'accepted', 'declined', 'expired', 'cancelled', 'superseded']
  for (const each of [...reached, ...states]) t.true(seen.has(each), each)
})

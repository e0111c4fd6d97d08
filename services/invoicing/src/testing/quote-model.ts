// A quote as its rules are told, in memory and one after the other: what the service must not be told apart from.

export type ActionKind =
  | 'issue'
  | 'accept'
  | 'acceptWhole'
  | 'decline'
  | 'cancel'
  | 'convert'
  | 'convertSome'
  | 'revise'

export interface Action {
  readonly kind: ActionKind
  /** Which of the quotes that there are, counted around. */
  readonly quote: number
  /** Of the first line, for `convertSome`. */
  readonly quantity: number
}

type Step = 'accepted' | 'declined' | 'cancelled' | 'superseded'

interface ModelQuote {
  readonly draft: boolean
  readonly step: Step | undefined
  readonly validUntil: string
  readonly revises: number | undefined
  /** What is left of each line once it is accepted. */
  readonly left: readonly number[]
}

export interface Model {
  readonly today: string
  readonly quotes: readonly ModelQuote[]
}

/** `ok`, or the code of the refusal. */
export interface Outcome {
  readonly said: string
  readonly model: Model
}

export const QUANTITIES = [10, 4, 1]
export const draftOf = (validUntil: string, revises?: number): ModelQuote => ({
  draft: true,
  step: undefined,
  validUntil,
  revises,
  left: QUANTITIES,
})

export function stateIn({ today }: Model, { draft, step, validUntil }: ModelQuote): string {
  if (draft) return 'draft'
  return step ?? (validUntil < today ? 'expired' : 'sent')
}

const MAY: Readonly<Record<string, readonly ActionKind[]>> = {
  draft: ['issue'],
  sent: ['accept', 'acceptWhole', 'decline', 'cancel', 'revise'],
  accepted: ['convert', 'convertSome'],
  declined: ['revise'],
  expired: ['revise'],
  cancelled: [],
  superseded: [],
}

/** What the service must answer, and what is there afterwards. */
export function act(model: Model, { kind, quote: wanted, quantity }: Action): Outcome {
  const index = wanted % model.quotes.length
  const quote = model.quotes[index] as ModelQuote
  const state = stateIn(model, quote)
  const refused = (said: string): Outcome => ({ said, model })
  const changed = (
    changes: Partial<ModelQuote>,
    more: (quotes: ModelQuote[]) => ModelQuote[] = (all) => all,
  ): Outcome => ({
    said: 'ok',
    model: { ...model, quotes: more(model.quotes.map((each, n) => (n === index ? { ...quote, ...changes } : each))) },
  })
  if (!MAY[state]?.includes(kind)) {
    if (state === 'superseded') return refused('quote_superseded')
    return refused(state === 'expired' && kind !== 'issue' ? 'quote_expired' : 'invalid_transition')
  }
  switch (kind) {
    case 'issue': {
      const { revises } = quote
      if (revises === undefined) return changed({ draft: false })
      if (model.quotes[revises]?.step === 'accepted') return refused('revised_quote_accepted')
      return changed({ draft: false }, (quotes) =>
        quotes.map((each, n) => (n === revises ? { ...each, step: each.step ?? 'superseded' } : each)),
      )
    }
    case 'accept':
      return changed({ step: 'accepted' })
    case 'acceptWhole':
      return changed({ step: 'accepted', left: QUANTITIES.map(() => 0) })
    case 'decline':
      return changed({ step: 'declined' })
    case 'cancel':
      return changed({ step: 'cancelled' })
    case 'convert':
      if (quote.left.every((left) => left === 0)) return refused('conversion_exceeds_quote')
      return changed({ left: QUANTITIES.map(() => 0) })
    case 'convertSome': {
      const [first = 0, ...others] = quote.left
      if (quantity > first) return refused('conversion_exceeds_quote')
      return changed({ left: [first - quantity, ...others] })
    }
    case 'revise':
      if (model.quotes.some(({ revises }) => revises === index)) return refused('revision_exists')
      return changed({}, (quotes) => [...quotes, draftOf('2026-12-31', index)])
  }
}

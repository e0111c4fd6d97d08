import test from 'ava'
import { chosenInstrument } from './instrument.ts'
import type { Answer, Request, Tokenize } from './request.ts'
import { type Exchange, explain, permutations, Unexplained } from './serial.ts'
import { emptyState, type State } from './state.ts'

const NOW_MS = Date.parse('2026-11-23T10:00:00.000Z')
const ACCOUNT = 'acc_1'
const HOUR_MS = 3_600_000
const CARD = { number: 0, expiry: 0, holder: 0 }

function tokenize(idempotencyKey: string, change: Partial<Tokenize> = {}): Tokenize {
  return {
    does: 'tokenize',
    idempotencyKey,
    account: ACCOUNT,
    instrument: chosenInstrument(CARD),
    metadata: {},
    expiresAtMs: null,
    onDuplicate: 'create',
    dedupScope: 'account',
    ...change,
  }
}

function shown(id: string, change: object = {}) {
  const card = { brand: 'visa', last_four: '4242', expiry_month: 12, expiry_year: 2030 }
  return { id, account_id: ACCOUNT, type: 'card', metadata: {}, version: 1, expires_at: null, card, ...change }
}

const ok = (status: number, body: object | undefined, replayed = false): Answer => ({ status, body, replayed })
const no = (status: number, code: string, more: object = {}): Answer => ok(status, { code, ...more })
const made = (id: string, change: object = {}) => ok(201, shown(id, change))
const opened = (id: string, name = 'Ada Muster') => {
  const card = { number: '4242424242424242', expiry_month: 12, expiry_year: 2030 }
  return ok(200, { id, mode: 'test', type: 'card', account_id: ACCOUNT, card, holder: { name } })
}
const reveal = (token: string): Request => ({ does: 'reveal', token, fields: ['number', 'expiry', 'holder_name'] })
const remove = (token: string): Request => ({ does: 'delete', token })
const patch = (token: string, version: number): Request => ({ does: 'patch', token, version, change: { holder: 1 } })

type Group = readonly (readonly [Request, Answer])[]

/** Groups of requests, one group after the other; `later` lets an hour pass first. */
function explainAll(groups: readonly (Group | 'later')[]): State[] {
  return groups.reduce<State[]>(
    (states, group) =>
      group === 'later'
        ? states.map((state) => ({ ...state, nowMs: state.nowMs + HOUR_MS }))
        : explain(
            states,
            group.map(([request, answer]): Exchange => ({ request, answer })),
          ),
    [emptyState(NOW_MS)],
  )
}

const A = tokenize('key-a')
const FIRST: Group = [[A, made('tok_a')]]
const known = (key: string, change: Partial<Tokenize> = {}) =>
  tokenize(key, { onDuplicate: 'return_existing', ...change })
const found = (id: string) => ok(200, shown(id, { duplicate: true }))
const GUEST = tokenize('key-g', { account: null })
const attach: Request = { does: 'attach', idempotencyKey: 'key-t', token: 'tok_g', account: ACCOUNT }
const ofGuest = { account_id: null }
const hold: Request = { does: 'hold', account: ACCOUNT, untilMs: null }
const erase: Request = { does: 'erase', account: ACCOUNT }
const erased = (count: number) => ok(200, { receipt: 'e30..e30', tokens_destroyed: count })

for (const [what, groups, states] of [
  [
    'a request and its twin, whichever was first',
    [
      [
        [A, ok(201, shown('tok_a'), true)],
        [A, made('tok_a')],
      ],
    ],
    1,
  ],
  [
    'two creations of one card at once',
    [
      [
        [A, made('tok_a')],
        [tokenize('key-b'), made('tok_b')],
      ],
    ],
    1,
  ],
  [
    'the second of two equal cards is the first',
    [
      [
        [known('key-a'), found('tok_b')],
        [known('key-b'), made('tok_b')],
      ],
    ],
    1,
  ],
  [
    'a reveal that met a deletion',
    [
      FIRST,
      [
        [remove('tok_a'), ok(204, undefined)],
        [reveal('tok_a'), opened('tok_a')],
      ],
    ],
    1,
  ],
  [
    'a reveal that a deletion overtook',
    [
      FIRST,
      [
        [reveal('tok_a'), no(410, 'token_deleted')],
        [remove('tok_a'), ok(204, undefined)],
      ],
    ],
    1,
  ],
  [
    'a hold and its release, in either order',
    [
      [
        [hold, ok(200, {})],
        [{ does: 'release', account: ACCOUNT }, ok(204, undefined)],
      ],
    ],
    2,
  ],
] as const satisfies readonly (readonly [string, readonly (Group | 'later')[], number])[]) {
  test(`the model explains ${what}`, (t) => {
    t.is(explainAll(groups).length, states)
  })
}

for (const [what, groups] of [
  ['a repeated request that makes another token', [FIRST, [[A, made('tok_b')]]]],
  [
    'a repeated request that is answered otherwise than first',
    [FIRST, [[A, ok(201, shown('tok_a', { version: 2 }), true)]]],
  ],
  [
    'twins that make two tokens',
    [
      [
        [A, made('tok_a')],
        [A, made('tok_b')],
      ],
    ],
  ],
  [
    'another request under a key that is taken',
    [FIRST, [[tokenize('key-a', { metadata: { order: '1' } }), made('tok_b')]]],
  ],
  [
    'two different requests at once under one key',
    [
      [
        [A, made('tok_a')],
        [known('key-a', { metadata: { order: '1' } }), made('tok_b')],
      ],
    ],
  ],
  [
    'two equal cards that were both new',
    [
      [
        [known('key-a'), made('tok_a')],
        [known('key-b'), made('tok_b')],
      ],
    ],
  ],
  [
    'a card that is another than the one that is known',
    [FIRST, [[known('key-b', { instrument: chosenInstrument({ ...CARD, expiry: 1 }) }), found('tok_a')]]],
  ],
  [
    'a refusal across accounts that names a token',
    [
      FIRST,
      [
        [
          tokenize('key-b', { onDuplicate: 'reject', dedupScope: 'tenant' }),
          no(409, 'duplicate_token', { token_id: 'tok_a' }),
        ],
      ],
    ],
  ],
  [
    'a token that is revealed after its deletion',
    [FIRST, [[remove('tok_a'), ok(204, undefined)]], [[reveal('tok_a'), opened('tok_a')]]],
  ],
  [
    'a token that is revealed after its end',
    [
      [
        [
          tokenize('key-a', { expiresAtMs: NOW_MS + HOUR_MS }),
          made('tok_a', { expires_at: '2026-11-23T11:00:00.000Z' }),
        ],
      ],
      'later',
      [[reveal('tok_a'), opened('tok_a')]],
    ],
  ],
  ['a reveal of what was stored for somebody else', [FIRST, [[reveal('tok_a'), opened('tok_a', 'Bea Beispiel')]]]],
  [
    'two changes of one version',
    [
      FIRST,
      [
        [patch('tok_a', 1), ok(200, shown('tok_a', { version: 2 }))],
        [patch('tok_a', 1), ok(200, shown('tok_a', { version: 2 }))],
      ],
    ],
  ],
  [
    'a deletion that an attachment makes untrue',
    [
      [[GUEST, made('tok_g', ofGuest)]],
      [
        [remove('tok_g'), ok(204, undefined)],
        [attach, made('tok_h')],
      ],
    ],
  ],
  [
    'a guest’s token that was attached and is still there',
    [
      [[GUEST, made('tok_g', ofGuest)]],
      [[attach, made('tok_h')]],
      [[{ does: 'read', token: 'tok_g' }, ok(200, shown('tok_g', ofGuest))]],
    ],
  ],
  ['an erasure under a hold', [FIRST, [[hold, ok(200, {})]], [[erase, erased(1)]]]],
  ['an erasure that left a token', [FIRST, [[erase, erased(0)]]]],
  ['a token for an account that is erased', [FIRST, [[erase, erased(1)]], [[tokenize('key-b'), made('tok_b')]]]],
  [
    'a list that lacks a token',
    [FIRST, [[{ does: 'list', account: ACCOUNT }, ok(200, { data: [], next_after: null })]]],
  ],
] as const satisfies readonly (readonly [string, readonly (Group | 'later')[]])[]) {
  test(`no order explains ${what}`, (t) => {
    t.throws(() => explainAll(groups), { instanceOf: Unexplained, message: /in the order 1/ })
  })
}

test('every order of a few is tried, once', (t) => {
  t.is(new Set(permutations([1, 2, 3]).map(String)).size, 6)
  t.deepEqual(permutations([]), [[]])
})

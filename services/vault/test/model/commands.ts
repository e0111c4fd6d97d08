import fc from 'fast-check'
import type { Answer, Request } from './request.ts'
import { explain } from './serial.ts'
import { emptyState, type State } from './state.ts'
import { reveal } from './token-wishes.ts'
import type { Known, Wish } from './wish.ts'
import { wishes } from './wishes.ts'

/** The vault as the commands see it. */
export interface VaultUnderTest {
  /** @param to Which of the instances, counted on from 0, is asked. */
  send(to: number, request: Request): Promise<Answer>
  /** Moves the clock of all instances. */
  advance(ms: number): void
  /** Lets the instances do what they do by themselves from time to time. */
  sweep(): Promise<void>
}

/** What the run knows: from the answers alone, never from the database. */
export class World {
  /** Those that the vault may be in: more than one where requests met, and nobody can say which came first. */
  states: readonly State[]
  readonly accounts: readonly string[]
  readonly nobody: string
  readonly tokens: string[] = []
  readonly sent: Extract<Request, { idempotencyKey: string }>[] = []

  constructor(start: { readonly nowMs: number; readonly accounts: readonly string[]; readonly nobody: string }) {
    this.states = [emptyState(start.nowMs)]
    this.accounts = start.accounts
    this.nobody = start.nobody
  }

  get known(): Known {
    const { accounts, nobody } = this
    return { accounts, tokens: [...this.tokens], sent: [...this.sent], nobody, state: this.states[0] as State }
  }

  /** Sends requests at once, each to another instance than the one before it, and looks whether the model could have answered so. */
  async ask(real: VaultUnderTest, requests: readonly Request[]): Promise<void> {
    const answers = await Promise.all(requests.map((request, n) => real.send(n, request)))
    const exchanges = requests.map((request, n) => ({ request, answer: answers[n] as Answer }))
    this.states = explain(this.states, exchanges)
    for (const { request, answer } of exchanges) {
      if ('idempotencyKey' in request) this.sent.push(request)
      const id = answer.body?.id
      if (typeof id === 'string' && !this.tokens.includes(id)) this.tokens.push(id)
    }
  }
}

type Command = fc.AsyncCommand<World, VaultUnderTest, false>

class Together implements Command {
  readonly wishes: readonly Wish[]
  constructor(wishes: readonly Wish[]) {
    this.wishes = wishes
  }
  check(): boolean {
    return true
  }
  async run(world: World, real: VaultUnderTest): Promise<void> {
    const { known } = world
    await world.ask(
      real,
      this.wishes.map((wish) => wish(known)),
    )
  }
  toString(): string {
    return this.wishes.length === 1 ? String(this.wishes[0]) : `at once (${this.wishes.map(String).join(' | ')})`
  }
}

class TimePasses implements Command {
  readonly ms: number
  readonly sweeps: boolean
  constructor(ms: number, sweeps: boolean) {
    this.ms = ms
    this.sweeps = sweeps
  }
  check(): boolean {
    return true
  }
  async run(world: World, real: VaultUnderTest): Promise<void> {
    real.advance(this.ms)
    world.states = world.states.map((state) => ({ ...state, nowMs: state.nowMs + this.ms }))
    if (this.sweeps) await real.sweep()
  }
  toString(): string {
    return `${this.ms} ms pass${this.sweeps ? ', and a sweep' : ''}`
  }
}

/** At the end: asks of everything that was ever answered what has become of it. */
export async function askForAll(world: World, real: VaultUnderTest): Promise<void> {
  for (const account of world.accounts) await world.ask(real, [{ does: 'list', account }])
  const { tokens, sent } = world.known
  for (const token of tokens) {
    await world.ask(real, [{ does: 'read', token }])
    await world.ask(real, [reveal(world.known.state, token, true)])
  }
  for (const request of sent) await world.ask(real, [request])
}

const SECOND_MS = 1_000
const HOUR_MS = 3_600_000

/** Up to `maxCommands` commands: single requests, two or three at once, and time that passes. */
export function commands(maxCommands: number): fc.Arbitrary<Iterable<Command>> {
  const together = wishes.map((asked) => new Together(asked))
  const time = fc
    .tuple(fc.constantFrom(SECOND_MS, HOUR_MS, 48 * HOUR_MS), fc.boolean())
    .map(([ms, sweeps]) => new TimePasses(ms, sweeps))
  // `fc.commands` draws from its arbitraries evenly.
  return fc.commands<World, VaultUnderTest, false>([...Array.from({ length: 8 }, () => together), time], {
    maxCommands,
    size: '+1',
  })
}

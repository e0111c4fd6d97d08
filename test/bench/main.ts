// Measures how fast Kontor is beside the bare parts that it is made of: `pnpm bench [NAME…] [--json] [--profile=FOLDER]`.
import { parseArgs } from 'node:util'
import { measureCharge, measureIntake } from './charges.ts'
import { measureExport } from './exports.ts'
import type { Figure } from './figure.ts'
import { measureIssue } from './issue.ts'
import { measureAlone, measureScale } from './issue-beside.ts'
import { measureMoney } from './money.ts'
import { measurePage, measureSeal } from './own-process.ts'
import { heading, row } from './report.ts'
import { onStage, type Stage } from './stage.ts'
import { measureReveal, measureTokenize } from './tokens.ts'
import { measureBesideRewrap, measureVaultScale } from './tokens-beside.ts'

/** Rounds that count: short ones and many, because what disturbs them comes and goes. An odd number has a median of its own. */
const ROUNDS = 11

/** A p99 within a fifth of what it is otherwise. */
const BESIDE = { goal: 0.8, callers: 32, rounds: ROUNDS }
/** Tokens in the database of each side. */
const GROWN = { small: 10_000, large: 1_000_000 }

const COMPUTED: Readonly<Record<string, () => Promise<Figure>>> = {
  'money.document10': () => measureMoney({ rounds: ROUNDS }),
  'vault.seal': () => measureSeal({ rounds: ROUNDS }),
  'pdf.page': () => measurePage({ rounds: ROUNDS }),
}

const STAGED: Readonly<Record<string, (stage: Stage, name: string) => Promise<Figure>>> = {
  'vault.tokenize.32': (stage, name) => measureTokenize(stage, { name, goal: 0.95, callers: 32, rounds: ROUNDS }),
  'vault.tokenize.128': (stage, name) => measureTokenize(stage, { name, goal: 1.15, callers: 128, rounds: ROUNDS }),
  'vault.reveal.32': (stage, name) => measureReveal(stage, { name, goal: 0.5, callers: 32, rounds: ROUNDS }),
  'vault.tokenize.rewrap': (stage, name) => measureBesideRewrap(stage, { ...BESIDE, name, what: 'tokenize' }),
  'vault.reveal.rewrap': (stage, name) => measureBesideRewrap(stage, { ...BESIDE, name, what: 'reveal' }),
  'vault.tokenize.scale': (stage, name) => measureVaultScale(stage, { ...BESIDE, ...GROWN, name, what: 'tokenize' }),
  'vault.reveal.scale': (stage, name) => measureVaultScale(stage, { ...BESIDE, ...GROWN, name, what: 'reveal' }),
  'invoicing.issue.hot': (stage, name) =>
    measureIssue(stage, { name, goal: 1.5, accounts: 1, callers: 32, most: 1_500, rounds: ROUNDS }),
  'invoicing.issue.1000': (stage, name) =>
    measureIssue(stage, { name, goal: 0.5, accounts: 1_000, callers: 32, most: 1_500, rounds: ROUNDS }),
  'invoicing.issue.one': (stage, name) =>
    measureIssue(stage, { name, goal: null, accounts: 1, callers: 1, most: 500, rounds: ROUNDS }),
  'invoicing.issue.alone': (stage, name) => measureAlone(stage, { name, goal: 0.95, most: 500, rounds: ROUNDS }),
  'invoicing.issue.scale': (stage, name) =>
    measureScale(stage, { name, goal: 0.8, small: 10_000, large: 1_000_000, most: 1_500, rounds: ROUNDS }),
  'charge.test': (stage, name) => measureCharge(stage, { name, goal: 0.3, callers: 32, most: 400, rounds: ROUNDS }),
  'webhook.intake': (stage, name) =>
    measureIntake(stage, { name, goal: 0.5, callers: 32, most: 4_000, rounds: ROUNDS }),
  'export.csv': (stage) => measureExport(stage, { rounds: 7 }),
}

const NAMES = [...Object.keys(COMPUTED), ...Object.keys(STAGED)]

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean' }, profile: { type: 'string' }, help: { type: 'boolean' } },
  })
  const unknown = positionals.filter((name) => !NAMES.includes(name))
  if (values.help || unknown.length > 0) {
    console.log(`Usage: pnpm bench [NAME…] [--json] [--profile=FOLDER]\n\nNames: ${NAMES.join(', ')}`)
    process.exitCode = unknown.length > 0 ? 2 : 0
    return
  }
  const asked = (name: string) => positionals.length === 0 || positionals.includes(name)
  const print = (figure: Figure) => console.log(values.json ? JSON.stringify(figure) : row(figure))
  if (!values.json) console.log(heading())
  for (const [name, measure] of Object.entries(COMPUTED)) if (asked(name)) print(await measure())
  const staged = Object.entries(STAGED).filter(([name]) => asked(name))
  if (staged.length === 0) return
  await onStage({ profileFolder: values.profile, log: (line) => console.error(line) }, async (stage) => {
    for (const [name, measure] of staged) print(await measure(stage, name))
  })
}

try {
  await main()
} catch (error) {
  console.error(error instanceof Error && error.name === 'CannotStart' ? error.message : error)
  process.exitCode = 1
}

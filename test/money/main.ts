// Proves on your machine that the money engine adds up as EN 16931-1 says: `pnpm proof:money --help`.
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { compare } from './compare.ts'

const USAGE = `Adds up random documents and has each judged by formulas that were written down from the standard, in another arithmetic.

  npx -y pnpm@12 proof:money [--documents N] [--seed S]

  --documents N   how many (default 1000000)
  --seed S        of the first document, to see the same ones again (default a random one)`

function readArguments() {
  const { values } = parseArgs({
    // pnpm hands a separating `--` through.
    args: process.argv.slice(2).filter((arg) => arg !== '--'),
    options: {
      documents: { type: 'string', default: '1000000' },
      seed: { type: 'string', default: String(randomInt(2 ** 32)) },
      help: { type: 'boolean', default: false },
    },
  })
  const whole = (name: 'documents' | 'seed', min: number) => {
    const text = values[name]
    if (!/^[0-9]{1,10}$/.test(text) || Number(text) < min) throw new RangeError(`--${name} must be ${min} or more`)
    return Number(text)
  }
  return { help: values.help, documents: whole('documents', 1), seed: whole('seed', 0) }
}

function main(): number {
  const { help, documents, seed } = readArguments()
  if (help) {
    console.log(USAGE)
    return 0
  }
  console.log(`${documents} documents from seed ${seed}\n`)
  const startedAt = performance.now()
  const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s`
  const outcome = compare(documents, seed, (done) => console.log(`${seconds()}  ${done}`))
  console.log(`
  documents                     ${outcome.documents}
  in gross prices               ${outcome.gross}
    with a shown difference     ${outcome.differences}
  rounded to 5 Rappen           ${outcome.rounded}
  too large, and refused        ${outcome.refused}
  time                          ${seconds().trim()}
`)
  for (const fault of outcome.faults) console.log(`  FAULT  seed ${fault.seed}: ${fault.rules.join(', ')}`)
  console.log(
    outcome.faults.length === 0
      ? 'Every total of every document is the one that the standard asks for.'
      : '\nSome totals are not the ones that the standard asks for.',
  )
  return outcome.faults.length === 0 ? 0 : 1
}

try {
  process.exitCode = main()
} catch (error) {
  const meant = error instanceof RangeError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  console.error(meant ? `${(error as Error).message}\n\n${USAGE}` : error)
  process.exitCode = 1
}

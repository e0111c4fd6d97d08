import { parseId } from '@kontor/ids'
import { type SigningPublicJwk, verifyCompact } from '@kontor/jose-box'
import { leakSearch } from '../leak/leak-search.ts'
import { markMaker } from '../leak/marks.ts'
import type { KillableService } from '../support/killable-service.ts'
import { onlyErased, tally } from './answers.ts'
import { backUp } from './backup.ts'
import { commandLine } from './command-line.ts'
import {
  type Answer,
  ask,
  type Customer,
  erase,
  isRecognised,
  lookEverywhere,
  reveal,
  storeCustomer,
} from './customers.ts'
import { killInTheMiddle } from './kill-in-the-middle.ts'
import { compact, readable, readTraces, searchDatabases, searchLogs } from './remains.ts'
import { acceptRestore, restoreUnder } from './restore-under.ts'
import { openStage, type Stage } from './stage.ts'
import { until, untilReady } from './waiting.ts'

/** What one step of the drill showed. */
export interface Finding {
  readonly step: string
  /** In plain words, what was seen. */
  readonly seen: string
  readonly holds: boolean
}

/**
 * Erases a customer on two running processes of the vault, puts old backups back under them, kills one in the middle of an
 * erasure, and looks each time whether anything of the customer opens or is found.
 *
 * @param say Takes each finding as it is made.
 */
export async function drill(say: (finding: Finding) => void, log: (line: string) => void): Promise<Finding[]> {
  const findings: Finding[] = []
  const note = (step: string, holds: boolean, seen: string) => {
    findings.push({ step, seen, holds })
    say({ step, seen, holds })
  }
  const stage = await openStage(log)
  try {
    await run(stage, note)
  } finally {
    await stage.close()
  }
  return findings
}

type Note = (step: string, holds: boolean, seen: string) => void

async function run(stage: Stage, note: Note): Promise<void> {
  const { first, second } = stage
  const both = [first, second]
  const marks = { person: markMaker(), bystander: markMaker(), other: markMaker() }
  const answers: Answer[] = []

  const person = await storeCustomer(stage, marks.person, 'the person')
  const bystander = await storeCustomer(stage, marks.bystander, 'the bystander')
  const opened = await revealAll(stage, both, [person, bystander])
  note(
    'store and reveal',
    opened === 12,
    `${opened} of 12 reveals open, six in each process: the keys are cached in both`,
  )
  note(
    'find by fingerprint',
    await isRecognised(stage, second, person),
    'the card of the person is recognised under another account',
  )

  const traces = await readTraces(stage, parseId('acc', person.account))
  await backUp(stage.adminUrl, stage.names.vault, 'old_vault')
  await backUp(stage.adminUrl, stage.names.keys, 'old_keys')
  await untilReady(stage, both)
  await revealAll(stage, both, [person, bystander])

  const erased = await erase(stage, first, person)
  note(
    'erase',
    erased.status === 200 && erased.body.tokens_destroyed === 3,
    `process A answers ${erased.status}: ${erased.body?.tokens_destroyed} tokens destroyed, final at ${erased.body?.final_at}`,
  )
  const gone = async (step: string) => {
    const asked = (await Promise.all(both.map((each) => lookEverywhere(stage, each, person)))).flat()
    answers.push(...asked)
    const codes = tally(asked)
    note(step, onlyErased(asked), `reveals, reads, lists and late retries at A and B: ${codes}`)
  }
  await gone('after the erasure, with cached keys')

  const { keys } = (await ask(stage, first, 'GET', '/v1/signing-keys')).body
  const offline = verified(erased.body?.receipt, keys)
  note(
    'receipt',
    offline?.account_id === person.account && offline?.tenant_id === stage.tenantId,
    `verifies offline with the published key: ${JSON.stringify(offline?.destroyed)}`,
  )
  const again = await erase(stage, second, person)
  note('erase again', again.text === erased.text, 'process B answers the same receipt')
  const printed = await commandLine(stage, person, keys)
  note(
    'the command line',
    printed.erased.trim() === erased.body?.receipt && printed.genuine,
    'kontor account erase prints the same receipt, and kontor receipt verify finds it genuine, and a changed one not',
  )

  const remains = async (step: string) => {
    await compact(stage)
    const { findings, bytes } = await searchDatabases(stage, marks.person.marks, traces)
    note(
      step,
      findings.length === 0,
      findings.length > 0
        ? findings.join('; ')
        : `nothing of the person in ${bytes >> 20} MB of tables and files: no value, sealed record, fingerprint or wrapped key`,
    )
  }
  await remains('tables and data files')

  for (const [name, title] of [
    ['vault', 'data'],
    ['keys', 'keys'],
  ] as const) {
    const held = await restoreUnder(stage, name, person)
    note(`old backup of the ${title}: before it is compared`, held.holds, held.seen)
    if (name === 'vault') await acceptRestore(stage)
    await until('reveals', async () => (await revealAll(stage, both, [bystander])) === 6)
    await gone(`old backup of the ${title}: after it`)
    const known = await isRecognised(stage, first, person)
    note(
      `old backup of the ${title}: by fingerprint`,
      !known,
      `the card is ${known ? '' : 'not '}recognised under another account`,
    )
    const receipt = await erase(stage, first, person)
    const same = receipt.text === erased.text
    note(`old backup of the ${title}: receipt`, same, `the receipt is ${same ? 'the same' : 'another one'}`)
    await remains(`old backup of the ${title}: tables and data files`)
    const open = await revealAll(stage, both, [bystander])
    note(`old backup of the ${title}: the bystander`, open === 6, `${open} of 6 reveals of the bystander open`)
  }

  const killed = await killInTheMiddle(stage, await storeCustomer(stage, marks.other, 'another person'))
  for (const [step, holds, seen] of killed) note(step, holds, seen)

  const plain = sealedOnly(marks.person.marks)
  const inLogs = searchLogs(stage, plain, [first.log(), second.log()])
  note('write-ahead log and logs of the processes', inLogs.length === 0, inLogs.join('; ') || 'no value of the person')
  const search = leakSearch(marks.person.marks)
  for (const [n, { text }] of answers.entries()) search.look(`answer ${n}`, text)
  note(
    'answers after the erasure',
    readable(search).length === 0,
    readable(search).join('; ') || `no value of the person in ${answers.length} answers`,
  )
}

/** Metadata stand in clear, so the write-ahead log holds them until it is overwritten; what is sealed never stands there. */
const sealedOnly = (marks: ReturnType<typeof markMaker>['marks']) =>
  marks.filter(({ name }) => !name.includes('metadata'))

async function revealAll(
  stage: Stage,
  processes: readonly KillableService[],
  customers: readonly Customer[],
): Promise<number> {
  let open = 0
  for (const each of processes) {
    for (const stored of customers.flatMap((customer) => customer.stored)) {
      const { status, text } = await reveal(stage, each, stored)
      if (status === 200 && text.includes(stored.value)) open++
    }
  }
  return open
}

function verified(receipt: string, keys: readonly SigningPublicJwk[]): Readonly<Record<string, unknown>> | undefined {
  try {
    return verifyCompact(receipt, 'kontor-erasure+jwt', keys)
  } catch {
    return undefined
  }
}

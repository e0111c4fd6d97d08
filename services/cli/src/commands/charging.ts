import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { invoicingApi } from '../invoicing-access.ts'
import { Sentence } from '../sentence.ts'
import type { Command } from './command.ts'

interface Rule {
  readonly instrument_types?: readonly string[]
  readonly currencies?: readonly string[]
  readonly min_amount_minor?: number
  readonly max_amount_minor?: number
  readonly processors: readonly string[]
}

/** As invoicing answers it. */
interface Rules {
  readonly mode: string
  readonly rules: readonly Rule[]
  readonly retry_after_hours: readonly number[]
  readonly version: number
}

const PATH = '/v1/charge-rules'

/** `kontor charge-rules show` */
export async function showChargeRules(command: Command): Promise<number> {
  const api = await invoicingApi(command)
  const rules = await api.get<Rules>(PATH)
  command.screen.result(rules, linesOf(rules))
  return 0
}

/** `kontor charge-rules put`: what is wrong with the rules, invoicing says. */
export async function putChargeRules(command: Command, file: string): Promise<number> {
  const given = await read(resolve(command.config.cwd, file))
  const api = await invoicingApi(command)
  const { rules, retry_after_hours, version } = given
  const before = typeof version === 'number' ? version : (await api.get<Rules>(PATH)).version
  const put = await api.put<Rules>(
    PATH,
    { rules, ...(retry_after_hours !== undefined && { retry_after_hours }) },
    before,
  )
  command.screen.result(put, linesOf(put))
  return 0
}

/** @throws {Sentence} It cannot be read, or is no JSON object with rules. Nothing of it is repeated. */
async function read(path: string): Promise<Readonly<Record<string, unknown>>> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new Sentence('The file with the rules cannot be read.')
  })
  try {
    const given: unknown = JSON.parse(text)
    if (typeof given === 'object' && given !== null && 'rules' in given) return given as Record<string, unknown>
  } catch {
    // Said below: the parser would quote the file.
  }
  throw new Sentence('The file with the rules is no JSON object with rules.')
}

function linesOf({ mode, rules, retry_after_hours, version }: Rules): string[] {
  const retries =
    retry_after_hours.length === 0 ? 'never' : `${retry_after_hours.join(', ')} hours after the first attempt`
  return [
    `Version ${version}, ${mode} mode.`,
    ...rules.map((rule, index) => `${index + 1}. ${conditionOf(rule)}: ${rule.processors.join(', then ')}`),
    ...(rules.length === 0 ? ['PayPal takes PayPal accounts, and Stripe the rest.'] : []),
    `Declined softly while the payer is away, it is tried again: ${retries}.`,
  ]
}

function conditionOf({ instrument_types, currencies, min_amount_minor: min, max_amount_minor: max }: Rule): string {
  const parts = [
    ...(instrument_types ? [instrument_types.join(' or ')] : []),
    ...(currencies ? [`in ${currencies.join(' or ')}`] : []),
    ...(min === undefined ? [] : [`from ${min} minor units`]),
    ...(max === undefined ? [] : [`up to ${max} minor units`]),
  ]
  return parts.length === 0 ? 'whatever they take' : parts.join(', ')
}

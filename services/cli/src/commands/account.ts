import type { Environment } from '../config.ts'
import { Sentence } from '../sentence.ts'
import { vaultApi } from '../vault-access.ts'
import type { Command } from './command.ts'
import { namedId } from './named-id.ts'

/** As the vault answers it. */
interface Erased {
  readonly account_id: string
  readonly erased_at: string
  readonly final_at: string
  readonly tokens_destroyed: number
  readonly receipt: string
}

interface Held {
  readonly account_id: string
  readonly reason: string
  readonly until: string | null
}

export interface HoldOptions {
  readonly reason: string
  /** An instant in UTC. */
  readonly until?: string
}

const ROLE = 'privacy'

/** `kontor account erase`: destroys everything of a customer, and prints the receipt. */
export async function eraseAccount(command: Command, env: Environment, account: string): Promise<number> {
  const api = vaultApi(command, env, ROLE)
  const erased = (await api.delete<Erased>(`/v1/accounts/${accountId(account)}/data`)) as Erased
  command.screen.result(erased, [
    `${erased.account_id} was erased at ${erased.erased_at}: ${erased.tokens_destroyed} tokens were destroyed.`,
    `The last backup that still holds the keys is gone at ${erased.final_at}. This is the receipt:`,
    '',
    erased.receipt,
  ])
  return 0
}

/** `kontor account hold`: keeps the data of a customer from being erased. */
export async function holdAccount(
  command: Command,
  env: Environment,
  account: string,
  { reason, until }: HoldOptions,
): Promise<number> {
  if (!/^[a-z0-9_]{1,63}$/.test(reason)) {
    throw new Sentence('--reason is a code of lower-case letters, digits and underscores, such as tax_audit.')
  }
  if (until !== undefined && !/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/.test(until)) {
    throw new Sentence('--until is an instant in UTC like 2027-01-31T00:00:00Z.')
  }
  const api = vaultApi(command, env, ROLE)
  const held = await api.put<Held>(`/v1/accounts/${accountId(account)}/hold`, { reason, ...(until && { until }) })
  command.screen.result(held, [
    `${held.account_id} is held for ${held.reason}, ${held.until ? `until ${held.until}` : 'until it is released'}.`,
  ])
  return 0
}

/** `kontor account release`: lifts the hold. */
export async function releaseAccount(command: Command, env: Environment, account: string): Promise<number> {
  const id = accountId(account)
  await vaultApi(command, env, ROLE).delete(`/v1/accounts/${id}/hold`)
  command.screen.result({ account_id: id, released: true }, [`${id} is not held.`])
  return 0
}

const accountId = (text: string): string => namedId('acc', text, 'An account is named by its id, acc_….')

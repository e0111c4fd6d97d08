import type { Command as CommandLine } from 'commander'
import { type Calls, json } from './command-parts.ts'
import type { AgeingOptions, StatementOptions } from './commands/balance.ts'
import { BOOKS_ACCESS_HELP } from './invoicing-access.ts'

const load = () => import('./commands/balance.ts')

/** `kontor account balance | statement | ageing`: who owes what. They ask invoicing, as `erase` and `hold` ask the vault. */
export function addBalanceCommands(account: CommandLine, calls: Calls): void {
  const add = (name: string, description: string) =>
    account.command(name).description(description).addOption(json()).addHelpText('after', BOOKS_ACCESS_HELP)

  add('balance', 'Shows what an account owes and has, in each currency.')
    .argument('<ACCOUNT>', ACCOUNT)
    .action(calls(async (command, id: string) => (await load()).showBalance(command, id)))
  add('statement', 'Shows everything that happened on an account, with its balance after each.')
    .argument('<ACCOUNT>', ACCOUNT)
    .option('--currency <CODE>', 'such as CHF (default: the account’s, where it has one alone)')
    .option('--from <DAY>', 'the first day, such as 2026-01-01 (default: from the beginning)')
    .option('--to <DAY>', 'the last day (default: to the end)')
    .action(
      calls(async (command, id: string, options: StatementOptions) =>
        (await load()).showStatement(command, id, options),
      ),
    )
  add('ageing', 'Lists the accounts that owe something, by how late it is.')
    .requiredOption('--currency <CODE>', 'such as CHF')
    .option('--on <DAY>', 'against which day lateness is counted (default: today)')
    .action(calls(async (command, options: AgeingOptions) => (await load()).showAgeing(command, options)))
}

const ACCOUNT = 'the account: acc_…, or your external id'

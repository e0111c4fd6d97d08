import type { Command as CommandLine } from 'commander'
import { addBalanceCommands } from './balance-commands.ts'
import { type Calls, json } from './command-parts.ts'
import type { HoldOptions } from './commands/account.ts'
import type { VerifyOptions } from './commands/verify-receipt.ts'
import type { Environment } from './config.ts'
import { VAULT_ACCESS_HELP } from './vault-access.ts'

/** `kontor account …` and `kontor receipt …`: erasure of customers, what holds it up, and the proof of it. */
export function addAccountCommands(program: CommandLine, calls: Calls, env: Environment): void {
  const account = program
    .command('account')
    .summary('see who owes what; erase customers, and hold that up')
    .description(
      'What customers owe, and their payment data in the vault: to erase it takes a key with the role privacy.',
    )
  account
    .command('erase')
    .description(
      'Destroys everything of a customer in the vault, for good, and prints the receipt. Repeating it prints the same.',
    )
    .argument('<ACCOUNT_ID>', 'the customer: acc_…')
    .addOption(json())
    .addHelpText('after', `${VAULT_ACCESS_HELP}\n\nExample:\n  kontor account erase acc_… --json > receipt.json`)
    .action(
      calls(async (command, id: string) => (await import('./commands/account.ts')).eraseAccount(command, env, id)),
    )
  account
    .command('hold')
    .description(
      'Keeps the data of a customer from being erased: a legal hold. Doing it again changes why and until when.',
    )
    .argument('<ACCOUNT_ID>', 'the customer: acc_…')
    .requiredOption('--reason <CODE>', 'why: a short code of yours, such as tax_audit')
    .option('--until <INSTANT>', 'when it ends by itself, such as 2027-01-31T00:00:00Z (default: when it is released)')
    .addOption(json())
    .addHelpText('after', VAULT_ACCESS_HELP)
    .action(
      calls(async (command, id: string, options: HoldOptions) =>
        (await import('./commands/account.ts')).holdAccount(command, env, id, options),
      ),
    )
  account
    .command('release')
    .description('Lifts a legal hold. May be repeated.')
    .argument('<ACCOUNT_ID>', 'the customer: acc_…')
    .addOption(json())
    .addHelpText('after', VAULT_ACCESS_HELP)
    .action(
      calls(async (command, id: string) => (await import('./commands/account.ts')).releaseAccount(command, env, id)),
    )

  addBalanceCommands(account, calls)

  program
    .command('receipt')
    .summary('verify the receipt of an erasure')
    .description('Receipts that the vault signed.')
    .command('verify')
    .description('Says whether the vault signed a receipt, and what it states. Asks neither vault nor network.')
    .argument('<FILE>', 'the answer of account erase --json, or the receipt alone')
    .requiredOption('--public-key <FILE>', 'a copy of GET /v1/signing-keys (a JWK Set)')
    .addOption(json())
    .action(
      calls(async (command, file: string, options: VerifyOptions) =>
        (await import('./commands/verify-receipt.ts')).verifyReceipt(command, file, options),
      ),
    )
}

import type { Command as CommandLine } from 'commander'
import { type Calls, json } from './command-parts.ts'
import type { DisputeListOptions } from './commands/dispute.ts'
import { BOOKS_ACCESS_HELP } from './invoicing-access.ts'

/** `kontor dispute …`: what payers object to, as Stripe and PayPal tell it. */
export function addDisputeCommands(program: CommandLine, calls: Calls): void {
  const dispute = program
    .command('dispute')
    .summary('look at disputes')
    .description('What payers object to at their bank or PayPal. Disputes are answered at the processor.')

  dispute
    .command('list')
    .description('Lists disputes.')
    .option('--charge <CHARGE>', 'only of this charge, chg_…')
    .option('--account <ID>', 'only of this account: acc_…, or your external id')
    .option('--state <STATE>', 'only in this state, such as needs_response')
    .option('--limit <NUMBER>', 'how many at most, up to 200 (default: 50)')
    .addOption(json())
    .addHelpText('after', BOOKS_ACCESS_HELP)
    .action(
      calls(async (command, options: DisputeListOptions) =>
        (await import('./commands/dispute.ts')).listDisputes(command, options),
      ),
    )

  dispute
    .command('show')
    .description('Shows a dispute, how it came to its state, and what money moved.')
    .argument('<DISPUTE>', 'the dispute, dsp_…')
    .addOption(json())
    .addHelpText('after', BOOKS_ACCESS_HELP)
    .action(calls(async (command, id: string) => (await import('./commands/dispute.ts')).showDispute(command, id)))
}

import type { Command as CommandLine } from 'commander'
import { type Calls, json, key } from './command-parts.ts'
import type { ChargeListOptions, RefundOptions, SettleOptions } from './commands/charge.ts'
import { BOOKS_ACCESS_HELP } from './invoicing-access.ts'

/** `kontor charge …`: what was taken through processors, and sending it back. */
export function addChargeCommands(program: CommandLine, calls: Calls): void {
  const charge = program
    .command('charge')
    .summary('look at charges, send their money back')
    .description(
      'What was taken through a processor, and what went back through it. To send money back takes a key with the role accounting, invoicing or admin.',
    )

  charge
    .command('list')
    .description('Lists charges.')
    .option('--invoice <ID>', 'only of this invoice or proforma: its id, number or external id')
    .option('--account <ID>', 'only of this account: acc_…, or your external id')
    .option('--limit <NUMBER>', 'how many at most, up to 200 (default: 50)')
    .addOption(json())
    .addHelpText('after', BOOKS_ACCESS_HELP)
    .action(
      calls(async (command, options: ChargeListOptions) =>
        (await import('./commands/charge.ts')).listCharges(command, options),
      ),
    )

  charge
    .command('show')
    .description('Shows a charge, and what was sent back of it.')
    .argument('<CHARGE>', 'the charge, chg_…')
    .addOption(json())
    .addHelpText('after', BOOKS_ACCESS_HELP)
    .action(calls(async (command, id: string) => (await import('./commands/charge.ts')).showCharge(command, id)))

  charge
    .command('refund')
    .description('Sends money of a charge back through the processor that took it. Exits 1 if that is declined.')
    .argument('<CHARGE>', 'the charge, chg_…')
    .option('--amount <AMOUNT>', 'how much, such as 120.50 (default: all that is left)')
    .option('--invoice <ID>', 'whose allocation goes back; it is open again')
    .option('--reason <TEXT>', 'why, for your own records')
    .addOption(key())
    .addOption(json())
    .addHelpText('after', BOOKS_ACCESS_HELP)
    .action(
      calls(async (command, id: string, options: RefundOptions) =>
        (await import('./commands/charge.ts')).refundCharge(command, id, options),
      ),
    )

  charge
    .command('settle-refund')
    .description('Says that you have looked at a refund of which more went back than the payment had. No money moves.')
    .argument('<CHARGE>', 'the charge, chg_…')
    .argument('<REFUND>', 'the refund, crf_…')
    .requiredOption('--note <TEXT>', 'what you found, for the record')
    .addOption(key())
    .addOption(json())
    .addHelpText('after', BOOKS_ACCESS_HELP)
    .action(
      calls(async (command, id: string, refund: string, options: SettleOptions) =>
        (await import('./commands/charge.ts')).settleRefund(command, id, refund, options),
      ),
    )
}

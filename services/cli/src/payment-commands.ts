import { type Command as CommandLine, Option } from 'commander'
import { type Calls, collect, json, key } from './command-parts.ts'
import type { RecordOptions } from './commands/payment.ts'
import type { MoneyOutOptions, UseOptions } from './commands/payment-use.ts'
import { BOOKS_ACCESS_HELP } from './invoicing-access.ts'

/** `kontor payment …`: money that came in, what it is for, and what went back. */
export function addPaymentCommands(program: CommandLine, calls: Calls): void {
  const payment = program
    .command('payment')
    .summary('record payments, allocate them, give them back')
    .description(
      'Money that came in, what it is for, and what went back. Amounts are decimals of their currency. It takes a key with the role accounting, invoicing or admin.',
    )

  payment
    .command('record')
    .description('Records money that came in. What its invoice has no use for is the account’s credit.')
    .requiredOption('--amount <AMOUNT>', 'what was paid, such as 120.50')
    .requiredOption('--on <DAY>', 'when the money came, such as 2026-11-30')
    .option('--currency <CODE>', 'such as CHF (default: that of what is paid)')
    .option('--invoice <ID>', 'the invoice or proforma that is paid: its id, number or external id')
    .option('--allocate <ID=AMOUNT>', 'exactly what one of several gets; may be repeated', collect)
    .option('--account <ID>', 'whose payment it is: acc_…, or your external id (default: the invoice’s account)')
    .option('--cash-discount', 'take the discount for paying early on what is allocated')
    .addOption(
      new Option('--method <METHOD>', 'how it was paid, where there is no token (default: bank_transfer)').choices([
        'bank_transfer',
        'cash',
        'other',
      ]),
    )
    .option('--token <TOKEN_ID>', 'the vaulted instrument it was paid with, tok_…')
    .option('--reference <TEXT>', 'the bank’s or processor’s reference')
    .addOption(key())
    .addOption(json())
    .addHelpText('after', RECORD_HELP)
    .action(
      calls(async (command, options: RecordOptions) =>
        (await import('./commands/payment.ts')).recordPayment(command, options),
      ),
    )

  payment
    .command('show')
    .description('Shows a payment, what it was used for and what went back.')
    .argument('<PAYMENT_ID>', 'the payment, pay_…')
    .addOption(json())
    .addHelpText('after', BOOKS_ACCESS_HELP)
    .action(calls(async (command, id: string) => (await import('./commands/payment.ts')).showPayment(command, id)))

  for (const [name, description] of [
    ['allocate', 'Uses what is left of a payment, or of a credit note, for an invoice.'],
    ['unallocate', 'Takes back what an invoice has of it; the invoice is open again.'],
  ] as const) {
    const use = payment
      .command(name)
      .description(description)
      .argument('<ID>', SOURCE)
      .requiredOption('--invoice <ID>', 'the invoice or proforma: its id, number or external id')
      .requiredOption('--amount <AMOUNT>', 'how much of it, such as 120.50')
    if (name === 'allocate') use.option('--cash-discount', 'take the discount for paying early')
    use
      .addOption(key())
      .addOption(json())
      .addHelpText('after', BOOKS_ACCESS_HELP)
      .action(
        calls(async (command, id: string, options: UseOptions) =>
          (await import('./commands/payment-use.ts')).usePayment(command, name, id, options),
        ),
      )
  }

  for (const [name, description] of [
    ['refund', 'Records money that was sent back: of what is left of it, or of what an invoice has.'],
    ['chargeback', 'Records money that the payer’s bank took back; invoices are open again as far as needed.'],
  ] as const) {
    const out = payment
      .command(name)
      .description(description)
      .argument('<ID>', name === 'refund' ? SOURCE : 'the payment, pay_…')
      .requiredOption('--amount <AMOUNT>', 'what went out, such as 120.50')
      .requiredOption('--on <DAY>', 'when it went out, such as 2026-11-30')
    if (name === 'refund') out.option('--invoice <ID>', 'whose allocation goes back; it is open again')
    out
      .option('--reference <TEXT>', 'the bank’s or processor’s reference')
      .addOption(key())
      .addOption(json())
      .addHelpText('after', BOOKS_ACCESS_HELP)
      .action(
        calls(async (command, id: string, options: MoneyOutOptions) =>
          (await import('./commands/payment-use.ts')).giveBack(command, name, id, options),
        ),
      )
  }
}

const SOURCE = 'the payment, pay_…, or credit note, cre_…'

const RECORD_HELP = `${BOOKS_ACCESS_HELP}

Examples:
  kontor payment record --amount 120.50 --on 2026-11-30 --invoice 521477569-1
  kontor payment record --amount 98 --on 2026-11-30 --invoice order-7 --cash-discount
  kontor payment record --amount 500 --currency CHF --on 2026-11-30 --account acc_01h455vb4pex5vsknk084sn02q`

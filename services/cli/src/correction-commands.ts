import type { Command as CommandLine } from 'commander'
import { addList, type Calls, collect, json, key } from './command-parts.ts'
import type { CancelOptions, CreditOptions } from './commands/correction.ts'
import type { IntentOptions } from './commands/new-key.ts'
import { BOOKS_ACCESS_HELP, INVOICING_ACCESS_HELP } from './invoicing-access.ts'

/** Bookkeeping looks on; those who write invoices correct them. */
const ACCESS_HELP = INVOICING_ACCESS_HELP.replace('accounting or admin', 'invoicing or admin')
const load = () => import('./commands/correction.ts')

/** `kontor invoice …`, `credit-note …` and `proforma …`: issuing, and taking back what was issued. */
export function addCorrectionCommands(program: CommandLine, calls: Calls): void {
  const invoice = program.command('invoice').summary('issue, credit, cancel or void an invoice')
  const note = program.command('credit-note').summary('issue or show a credit note')
  const proforma = program.command('proforma').summary('issue, show or cancel a proforma')
  for (const [group, prefix, what] of [
    [invoice, 'inv', 'invoice'],
    [note, 'cre', 'credit note'],
    [proforma, 'pro', 'proforma'],
  ] as const) {
    const shape = (command: CommandLine) =>
      command.argument('<ID>', `the ${what}, ${prefix}_…`).addOption(json()).addHelpText('after', ACCESS_HELP)
    shape(group.command('show').description(`Shows where the ${what} stands.`)).action(
      calls(async (command, id: string) => (await load()).showDocument(command, prefix, id)),
    )
    shape(group.command('issue').description(`Gives the ${what} its number; from then on it does not change.`))
      .addOption(key())
      .action(
        calls(async (command, id: string, options: IntentOptions) =>
          (await load()).issueDocument(command, prefix, id, options),
        ),
      )
  }
  addList(invoice, calls, 'invoices', ['draft', 'issued', 'void'])
    .option('--overdue', 'only what is open after its due date; with --account')
    .addHelpText('after', BOOKS_ACCESS_HELP)
  const take = (name: string, description: string) =>
    invoice
      .command(name)
      .description(description)
      .argument('<ID>', 'the invoice, inv_…')
      .requiredOption('--reason <TEXT>', 'why')
      .addOption(key())
      .addOption(json())
      .addHelpText('after', ACCESS_HELP)
  take('credit', 'Drafts a credit note of some lines, or of all that is left.')
    .option('--line <PLACE>', 'a line, such as 2, or so many of it, such as 2:1.5; may be repeated', collect)
    .option('--issue', 'issue it at once')
    .action(
      calls(async (command, id: string, options: CreditOptions) => (await load()).creditInvoice(command, id, options)),
    )
  take('cancel', 'Credits all that is left and issues the credit note.')
    .option('--replace', 'draft a new invoice with the same content')
    .action(
      calls(async (command, id: string, options: CancelOptions) => (await load()).cancelInvoice(command, id, options)),
    )
  take('void', 'Makes an invoice void that nobody has seen; else it is cancelled.').action(
    calls(async (command, id: string, options: IntentOptions & { reason: string }) =>
      (await load()).voidInvoice(command, id, options),
    ),
  )
  proforma
    .command('cancel')
    .description('Ends a proforma that nobody has paid anything of.')
    .argument('<ID>', 'the proforma, pro_…')
    .addOption(key())
    .addOption(json())
    .addHelpText('after', ACCESS_HELP)
    .action(
      calls(async (command, id: string, options: IntentOptions) => (await load()).cancelProforma(command, id, options)),
    )
}

import type { Command as CommandLine } from 'commander'
import { addList, type Calls, collect, json } from './command-parts.ts'
import type { AcceptOptions, ConvertOptions } from './commands/quote.ts'
import { BOOKS_ACCESS_HELP } from './invoicing-access.ts'

const load = () => import('./commands/quote.ts')

/** `kontor quote …`: what becomes of a quote. */
export function addQuoteCommands(program: CommandLine, calls: Calls): void {
  const quote = program
    .command('quote')
    .summary('send quotes, accept them and make invoices of them')
    .description('What becomes of a quote. It takes a key with the role invoicing, checkout or admin.')

  /** A command about one quote. */
  const about = (name: string, description: string) =>
    quote
      .command(name)
      .description(description)
      .argument('<QUOTE_ID>', 'the quote, quo_…')
      .addOption(json())
      .addHelpText('after', HELP)
  /** One that makes an invoice draft. */
  const making = (name: string, description: string) =>
    about(name, description)
      .option('--issue-on <DAY>', 'issue date of the invoice, such as 2026-11-30')
      .option('--due-on <DAY>', 'when it is due')
      .option('--external-id <ID>', 'your own id for the invoice')

  addList(quote, calls, 'quotes', [
    'draft',
    'sent',
    'accepted',
    'declined',
    'expired',
    'cancelled',
    'superseded',
  ]).addHelpText('after', BOOKS_ACCESS_HELP)
  about('show', 'Shows where a quote stands, and how much of it was invoiced.').action(
    calls(async (command, id: string) => (await load()).showQuote(command, id)),
  )
  about('issue', 'Gives a quote its number and sends it.').action(
    calls(async (command, id: string) => (await load()).endQuote(command, 'issue', id)),
  )
  making('accept', 'Keeps that the customer accepted, and makes an invoice draft of everything.')
    .option('--by <NAME>', 'who accepted')
    .option('--role <ROLE>', 'in what function')
    .option('--from-address <IP>', 'from which network address')
    .option('--note <TEXT>', 'what was said about it')
    .option('--no-convert', 'make no invoice yet')
    .action(
      calls(async (command, id: string, options: AcceptOptions) => (await load()).acceptQuote(command, id, options)),
    )
  for (const [name, description] of [
    ['decline', 'Keeps that the customer declined.'],
    ['cancel', 'Takes a quote back.'],
  ] as const) {
    about(name, description)
      .option('--reason <TEXT>', 'why')
      .action(
        calls(async (command, id: string, options: { reason?: string }) =>
          (await load()).endQuote(command, name, id, options),
        ),
      )
  }
  making('convert', 'Makes an invoice draft of what is left of an accepted quote, or of the lines that are named.')
    .option('--line <N=QUANTITY>', 'a line and how much of it; may be repeated', collect)
    .action(
      calls(async (command, id: string, options: ConvertOptions) => (await load()).convertQuote(command, id, options)),
    )
}

const HELP = `
Environment:
  INVOICING_URL        where invoicing is
  INVOICING_API_KEY    a key with the role invoicing, checkout or admin; the demo's own is found by itself
  KONTOR_HOME          folder of the demo (default: .kontor)

Example:
  kontor quote convert quo_01h455vb4pex5vsknk084sn02q --line 1=2.5 --line 3=1`

import { Argument, type Command as CommandLine, Option } from 'commander'
import { type Calls, json } from './command-parts.ts'
import type { PutOptions } from './commands/processor.ts'
import { type Input, PROCESSORS, type ProcessorName } from './commands/processor-credentials.ts'
import type { ProcessorEventsOptions } from './commands/processor-events.ts'
import type { Environment } from './config.ts'
import { BOOKS_ACCESS_HELP } from './invoicing-access.ts'
import { VAULT_ACCESS_HELP } from './vault-access.ts'

interface Sources {
  readonly env: Environment
  readonly input: Input | undefined
}

const processorName = () => new Argument('<PROCESSOR>', 'who moves the money').choices(PROCESSORS)

/** `kontor processor …`: who moves the money of a tenant, and what they told. */
export function addProcessorCommands(program: CommandLine, calls: Calls, { env, input }: Sources): void {
  const processor = program
    .command('processor')
    .summary('give credentials of Stripe and PayPal, see what they told')
    .description(
      'Who moves the money: the credentials lie in the vault, by a key of the role admin, for the tenant and the mode of the key.',
    )
  processor
    .command('list')
    .description(
      'Lists the processors that have credentials, masked, and the address to enter at each for its webhooks.',
    )
    .addOption(json())
    .addHelpText('after', VAULT_ACCESS_HELP)
    .action(calls(async (command) => (await import('./commands/processor.ts')).listProcessors(command, env)))
  processor
    .command('put')
    .description(
      'Gives the credentials of a processor, or replaces them. They are read from a file or from standard input, and never from the command line.',
    )
    .addArgument(processorName())
    .option('--file <FILE>', 'a file of mode 0600 that holds them (default: standard input)')
    .option('--replace', 'replace those that are there')
    .addOption(json())
    .addHelpText('after', PUT_HELP)
    .action(
      calls(async (command, name: ProcessorName, options: PutOptions) =>
        (await import('./commands/processor.ts')).putProcessor(command, { env, input }, name, options),
      ),
    )
  processor
    .command('delete')
    .description('Destroys the credentials of a processor. Nothing is charged there from then on. May be repeated.')
    .addArgument(processorName())
    .addOption(json())
    .addHelpText('after', VAULT_ACCESS_HELP)
    .action(
      calls(async (command, name: ProcessorName) =>
        (await import('./commands/processor.ts')).deleteProcessor(command, env, name),
      ),
    )
  processor
    .command('events')
    .description('Lists what processors told invoicing, and what became of it, the oldest first.')
    .addOption(new Option('--state <STATE>', 'only in this state').choices(['received', 'handled', 'ignored']))
    .addOption(json())
    .addHelpText('after', BOOKS_ACCESS_HELP)
    .action(
      calls(async (command, options: ProcessorEventsOptions) =>
        (await import('./commands/processor-events.ts')).listProcessorEvents(command, options),
      ),
    )
}

const PUT_HELP = `
What is read, one a line:
  stripe   secret_key=sk_live_…       the secret or restricted key
           webhook_secret=whsec_…     of the webhook's endpoint; two lines while one is being replaced
  paypal   client_id=…, client_secret=…, webhook_id=…
${VAULT_ACCESS_HELP}
  INVOICING_URL        where invoicing is, for the address that is shown

Examples:
  kontor processor list                        says which address to enter at the processor first
  kontor processor put stripe --file stripe.secret
  pass show kontor/paypal | kontor processor put paypal --replace`

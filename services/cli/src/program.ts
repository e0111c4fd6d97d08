import { containsPan } from '@kontor/payment-data'
import { Argument, Command as CommandLine } from 'commander'
import { addAccountCommands } from './account-commands.ts'
import { addAuditCommands } from './audit-commands.ts'
import { addChargeCommands } from './charge-commands.ts'
import { addChargeRulesCommands } from './charge-rules-commands.ts'
import { json } from './command-parts.ts'
import type { Command } from './commands/command.ts'
import type { Input } from './commands/processor-credentials.ts'
import type { RunOptions } from './commands/run.ts'
import type { StartOptions } from './commands/start.ts'
import { type Environment, readConfig } from './config.ts'
import { addCorrectionCommands } from './correction-commands.ts'
import { addDisputeCommands } from './dispute-commands.ts'
import { addEventsCommands } from './events-commands.ts'
import { addInvoiceRunCommands } from './invoice-run-commands.ts'
import { addKeyCommands } from './key-commands.ts'
import { addKeysCommands } from './keys-commands.ts'
import { addPaymentCommands } from './payment-commands.ts'
import { addProcessorCommands } from './processor-commands.ts'
import { addQuoteCommands } from './quote-commands.ts'
import { addSeriesCommands } from './series-commands.ts'
import { listenForStop } from './stop-request.ts'
import { openScreen, type Stream } from './terminal/screen.ts'

export interface Surroundings {
  readonly env: Environment
  readonly cwd: string
  readonly out: Stream
  readonly err: Stream
  /** Where secrets may come from; none unless given. */
  readonly input?: Input
  readonly version: string
  /** What the command ends with, if it does not fail. */
  readonly onExitCode: (code: number) => void
}

/** The command line, and which function each command is. A command is loaded when it is called, so that help is at once. */
export function buildProgram(surroundings: Surroundings): CommandLine {
  const { env, cwd, out, err, input, version, onExitCode } = surroundings

  /** Commander hands over arguments, then options, then itself; a command gets what it needs and gives its exit code. */
  const calls =
    <Args extends unknown[]>(work: (command: Command, ...args: Args) => Promise<number>) =>
    async (...args: unknown[]) => {
      const line = args.at(-1) as CommandLine
      const screen = openScreen({ out, err }, line.opts().json === true)
      const config = readConfig(env, cwd)
      const stop = listenForStop(config.runner)
      const command: Command = { config, screen, stop }
      try {
        onExitCode(await work(command, ...(args.slice(0, -1) as Args)))
      } catch (error) {
        // Whatever broke because it was interrupted is no failure of its own.
        throw stop.signal.aborted ? stop.signal.reason : error
      }
    }

  const program = new CommandLine('kontor')
    .description('Kontor, a counting house of your own: a vault for payment data and an invoicing service beside it.')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .configureOutput({
      writeOut: (text) => out.write(text),
      writeErr: (text) => err.write(text),
      // What is wrong with a command line is said in its own words, which may be anything.
      outputError: (text, write) => write(containsPan(text) ? CARD_TYPED : text),
    })
    .configureHelp({ showGlobalOptions: false, sortSubcommands: false })
    .showSuggestionAfterError()
    .showHelpAfterError('(kontor --help says more)')
    .exitOverride()

  program
    .command('start')
    .summary('start everything on this machine and work through orders')
    .description(
      'Starts PostgreSQL, the vault and invoicing on this machine, and turns every order into a token, a quote, an invoice, a payment and a PDF. Stays up until Ctrl-C. A second start finds what the first one made. For trying Kontor out, not for production.',
    )
    .addArgument(new Argument('[PATH...]', 'order files, or folders of them (default: test/fixtures/orders)'))
    .option('--once', 'stop everything after the orders')
    .addOption(json())
    .addHelpText('after', START_HELP)
    .action(
      calls(async (command, paths: string[], options: StartOptions) =>
        (await import('./commands/start.ts')).start(command, paths, options, env.PATH ?? ''),
      ),
    )

  program
    .command('run')
    .summary('work through orders with services that run already')
    .description('Works through orders like start does, with services that run already: those of the demo, or others.')
    .addArgument(new Argument('<PATH...>', 'order files, or folders of them'))
    .option('--vault-url <URL>', 'where the vault is (default: VAULT_URL, else the demo)')
    .option('--invoicing-url <URL>', 'where invoicing is (default: INVOICING_URL, else the demo)')
    .option('--out <FOLDER>', 'where PDFs, invoices.csv and summary.json go (default: .kontor/out)')
    .addOption(json())
    .addHelpText('after', RUN_HELP)
    .action(
      calls(async (command, paths: string[], options: RunOptions) =>
        (await import('./commands/run.ts')).run(command, paths, options),
      ),
    )

  const database = program
    .command('database')
    .summary('make the databases')
    .description('Databases on a server of your own.')
  database
    .command('create')
    .description(
      'Makes the three databases and their roles, as the URLs of the configuration name them. May be repeated.',
    )
    .addOption(json())
    .addHelpText('after', DATABASE_HELP)
    .action(calls(async (command) => (await import('./commands/create-database.ts')).createAllDatabases(command)))

  program
    .command('migrate')
    .summary('bring the databases to the newest schema')
    .description('Brings the three databases to the newest schema. May be repeated, and run by several at once.')
    .addOption(json())
    .addHelpText('after', MIGRATE_HELP)
    .action(calls(async (command) => (await import('./commands/migrate.ts')).migrateDatabases(command)))

  program
    .command('keystore')
    .summary('make the keystore of the vault')
    .description('The file that holds the vault’s root key, sealed under a passphrase.')
    .command('create')
    .description('Makes the keystore; an existing one is never replaced.')
    .addOption(json())
    .addHelpText('after', KEYSTORE_HELP)
    .action(calls(async (command) => (await import('./commands/create-keystore.ts')).createKeystore(command)))

  const tenant = program
    .command('tenant')
    .summary('make tenants')
    .description('Who runs Kontor for itself, or is hosted on it.')
  tenant
    .command('create')
    .description('Makes a tenant under one id in both services. The same slug again finds it again.')
    .requiredOption('--slug <SLUG>', 'short name for commands: a–z, 0–9 and hyphens')
    .requiredOption('--name <NAME>', 'name for people')
    .addOption(json())
    .addHelpText('after', TENANT_HELP)
    .action(
      calls(async (command, options: { slug: string; name: string }) =>
        (await import('./commands/create-tenant.ts')).createTenantInBoth(command, options),
      ),
    )

  addKeyCommands(program, calls)

  addKeysCommands(program, calls, env)

  addAccountCommands(program, calls, env)

  addAuditCommands(program, calls, env)

  addCorrectionCommands(program, calls)
  addSeriesCommands(program, calls)
  addEventsCommands(program, calls)

  addQuoteCommands(program, calls)

  addPaymentCommands(program, calls)

  addChargeCommands(program, calls)
  addChargeRulesCommands(program, calls)
  addDisputeCommands(program, calls)

  addProcessorCommands(program, calls, { env, input })

  addInvoiceRunCommands(program, calls)

  return program
}

const CARD_TYPED =
  'error: the command line is none, and holds what looks like a card number: those go to the vault, and nowhere else\n'

const START_HELP = `
Environment:
  KONTOR_HOME          folder of the demo's data, logs and results (default: .kontor)
  VAULT_PORT           port of the vault (default: 7701, or a free one)
  INVOICING_PORT       port of invoicing (default: 7702, or a free one)
  POSTGRES_ADMIN_URL   a superuser of a PostgreSQL server (15 or newer) to use instead of starting one
  LOG_LEVEL            of the services' logs: debug, info, warn, error (default: info)
  STRIPE_BASE_URL, PAYPAL_BASE_URL
                       mock servers that stand in for Stripe and PayPal

Examples:
  kontor start                       work through the orders that come along, then stay up
  kontor start --once ~/my-orders    work through others, then stop`

const RUN_HELP = `
Environment:
  VAULT_URL, INVOICING_URL           where the services are
  VAULT_API_KEY, INVOICING_API_KEY   keys to call them with; the demo's own are found by themselves
  KONTOR_HOME                        folder of the demo (default: .kontor)

Example:
  kontor run orders/2026-11.json`

const OWNER_URLS = `  VAULT_MIGRATION_URL, KEYS_MIGRATION_URL, INVOICING_MIGRATION_URL
                       the databases, each as its owner: postgresql://kontor_vault_owner:…@host:5432/kontor_vault`

const MIGRATE_HELP = `
Environment:
${OWNER_URLS}`

const DATABASE_HELP = `
Environment:
  POSTGRES_ADMIN_URL   a superuser, or a role that may create roles and databases
${OWNER_URLS}
  VAULT_DATABASE_URL, KEYS_DATABASE_URL, INVOICING_DATABASE_URL
                       the databases, each as its service: postgresql://kontor_vault_service:…@host:5432/kontor_vault`

const KEYSTORE_HELP = `
Environment:
  KEYSTORE_FILE             where it is made
  KEYSTORE_PASSPHRASE_FILE  a file of mode 0600 that holds the passphrase, 12 characters or more
  KEYSTORE_PASSPHRASE       the passphrase itself, instead of a file`

const TENANT_HELP = `
Environment:
  VAULT_MIGRATION_URL, INVOICING_MIGRATION_URL
                       the databases, each as its owner

Example:
  kontor tenant create --slug acme --name "Acme AG"`

import { type Command as CommandLine, Option } from 'commander'
import { type Calls, collect, json } from './command-parts.ts'
import type { KeyService } from './commands/api-keys.ts'
import type { KeyOptions } from './commands/create-key.ts'
import type { ListKeysOptions } from './commands/list-keys.ts'
import type { RotateOptions } from './commands/rotate-key.ts'

const ROLES = ['checkout', 'invoicing', 'accounting', 'privacy', 'custodian', 'auditor', 'admin']

const service = () =>
  new Option('--service <SERVICE>', 'whose API it opens').choices(['vault', 'invoicing']).makeOptionMandatory()
const several = (flags: string, description: string) =>
  new Option(flags, `${description}; may be repeated`).argParser(collect).default([], 'none')

/** `kontor key …`: the keys by which programs call the services. */
export function addKeyCommands(program: CommandLine, calls: Calls): void {
  const key = program
    .command('key')
    .summary('make, rotate, revoke and list API keys')
    .description('Keys by which programs call the services.')
  key
    .command('create')
    .description('Makes an API key and prints it, once.')
    .addOption(service())
    .option('--tenant <TENANT>', 'slug or id of its tenant; none for the key that invoicing shows to the vault')
    .addOption(new Option('--mode <MODE>', 'which data it sees').choices(['test', 'live']).makeOptionMandatory())
    .addOption(
      new Option('--role <ROLE>', 'what it may do; privacy, custodian and auditor are of the vault')
        .choices(ROLES)
        .makeOptionMandatory(),
    )
    .addOption(several('--scope <SCOPE>', 'something more it may do'))
    .addOption(several('--purpose <PURPOSE>', 'what it may reveal for, with --scope token.reveal'))
    .addOption(several('--network <NETWORK>', 'an address or network it may be used from, such as 192.0.2.0/24'))
    .option('--requests-per-minute <N>', 'how often it may ask (default: that of the service)')
    .option('--reveals-per-minute <N>', 'how often it may reveal (default: that of the vault)')
    .option('--expires <DAY>', 'the first day on which it no longer works, such as 2027-01-31')
    .option('--name <NAME>', 'what uses it, for people (default: its role)')
    .addOption(json())
    .addHelpText('after', CREATE_HELP)
    .action(
      calls(async (command, options: KeyOptions) =>
        (await import('./commands/create-key.ts')).createKey(command, options),
      ),
    )
  key
    .command('rotate')
    .description('Makes a key with the same rights, limits and networks, and lets the old one end after an overlap.')
    .argument('<KEY_ID>', 'the old key: key_…')
    .addOption(service())
    .requiredOption('--overlap <TIME>', 'how long both work, such as 24h; 0m ends the old one at once')
    .addOption(json())
    .addHelpText('after', OWNER_HELP)
    .action(
      calls(async (command, id: string, options: RotateOptions) =>
        (await import('./commands/rotate-key.ts')).rotateKey(command, id, options),
      ),
    )
  key
    .command('revoke')
    .description('Ends a key. May be repeated.')
    .argument('<KEY_ID>', 'key_…')
    .addOption(service())
    .addOption(json())
    .addHelpText('after', OWNER_HELP)
    .action(
      calls(async (command, id: string, options: { service: KeyService }) =>
        (await import('./commands/revoke-key.ts')).revokeKey(command, id, options),
      ),
    )
  key
    .command('list')
    .description('Lists the keys of a tenant, without a tenant the service keys; never a key itself.')
    .addOption(service())
    .option('--tenant <TENANT>', 'slug or id')
    .addOption(json())
    .addHelpText('after', OWNER_HELP)
    .action(
      calls(async (command, options: ListKeysOptions) =>
        (await import('./commands/list-keys.ts')).listKeys(command, options),
      ),
    )
}

const OWNER_HELP = `
Environment:
  VAULT_MIGRATION_URL or INVOICING_MIGRATION_URL
                       the service's database, as its owner`

const CREATE_HELP = `${OWNER_HELP}

Examples:
  kontor key create --service invoicing --tenant acme --mode live --role accounting
  kontor key create --service vault --mode live --role invoicing --scope secret.read:processor
  kontor key create --service vault --tenant acme --mode live --role privacy --expires 2027-01-31
  kontor key create --service vault --tenant acme --mode live --role admin --scope token.reveal:card:number --purpose support`

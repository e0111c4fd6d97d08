import { type Command as CommandLine, Option } from 'commander'
import { type Calls, json } from './command-parts.ts'
import type { DestroyOptions, JobOptions, RootOption } from './commands/keys.ts'
import type { Environment } from './config.ts'
import { VAULT_ACCESS_HELP } from './vault-access.ts'

const root = (what: string) => new Option('--root', `${what} the root keys of this host instead of the tenant’s`)
const wait = () => new Option('--wait', 'stay until it is done, and show how far it is')

const HELP = `${VAULT_ACCESS_HELP}

With --root, on the host of the vault:
  KEYS_MIGRATION_URL      the database of the keys, as its owner
  KEY_PROVIDER            keystore (default) or transit, and its settings as the vault has them`

/** `kontor keys …`: rotation, re-wrapping and destruction of keys that encrypt keys. */
export function addKeysCommands(program: CommandLine, calls: Calls, env: Environment): void {
  const keys = program
    .command('keys')
    .summary('rotate, re-wrap and destroy encryption keys')
    .description('The keys that encrypt keys: those of a tenant by a vault’s API with a key of the role custodian.')
  keys
    .command('list')
    .description('Lists the versions of the key, and what they wrap.')
    .addOption(root('list'))
    .addOption(json())
    .addHelpText('after', HELP)
    .action(
      calls(async (command, options: RootOption) => {
        if (options.root) return (await import('./commands/keys-root.ts')).listRootKeys(command, env)
        return (await import('./commands/keys.ts')).listKeys(command, env)
      }),
    )
  keys
    .command('rotate')
    .description(
      'Makes a new key, which wraps everything new at once. With --root, everything is wrapped by it before this ends; interrupted, keys rewrap --root goes on.',
    )
    .addOption(root('rotate'))
    .addOption(json())
    .addHelpText('after', HELP)
    .action(
      calls(async (command, options: RootOption) => {
        if (options.root) return (await import('./commands/keys-root.ts')).rotateRootKey(command, env)
        return (await import('./commands/keys.ts')).rotateKey(command, env)
      }),
    )
  keys
    .command('status')
    .description('Shows the jobs on the tenant’s keys, the newest first.')
    .addOption(json())
    .addHelpText('after', VAULT_ACCESS_HELP)
    .action(calls(async (command) => (await import('./commands/keys.ts')).showJobs(command, env)))
  keys
    .command('rewrap')
    .description('Brings everything that an older key wraps under the current one, in the background of the vault.')
    .addOption(root('re-wrap under'))
    .addOption(wait())
    .addOption(json())
    .addHelpText('after', HELP)
    .action(
      calls(async (command, options: RootOption & JobOptions) => {
        if (options.root) return (await import('./commands/keys-root.ts')).rewrapUnderRoot(command, env)
        return (await import('./commands/keys.ts')).startJob(command, env, 'rewrap', options)
      }),
    )
  keys
    .command('reseal')
    .description('Gives every customer a new data key and seals every record anew, in the background of the vault.')
    .addOption(wait())
    .addOption(json())
    .addHelpText('after', VAULT_ACCESS_HELP)
    .action(
      calls(async (command, options: JobOptions) =>
        (await import('./commands/keys.ts')).startJob(command, env, 'reseal', options),
      ),
    )
  keys
    .command('destroy')
    .description('Destroys a retired key that wraps nothing any more, for good, and prints the certificate.')
    .argument('[VERSION]', 'the number of the tenant’s version, as keys list shows it')
    .option('--root <KID>', 'a root key of this host instead, as keys list --root shows it')
    .addOption(json())
    .addHelpText('after', HELP)
    .action(
      calls(async (command, version: string | undefined, options: DestroyOptions) => {
        if (options.root !== undefined && version === undefined) {
          return (await import('./commands/keys-root.ts')).destroyRootKey(command, env, options.root)
        }
        return (await import('./commands/keys.ts')).destroyKey(command, env, version, options)
      }),
    )
}

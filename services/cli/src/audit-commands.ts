import { type Command as CommandLine, Option } from 'commander'
import { type Calls, collect, json } from './command-parts.ts'
import type { AuditExportOptions } from './commands/audit-export.ts'
import type { AuditVerifyOptions } from './commands/audit-verify.ts'
import type { Environment } from './config.ts'

const several = (flags: string, description: string) =>
  new Option(flags, `${description}; may be repeated`).argParser(collect).default([], 'none')

/** `kontor audit …`: the proof of what happened in the vault. */
export function addAuditCommands(program: CommandLine, calls: Calls, env: Environment): void {
  const audit = program
    .command('audit')
    .summary('prove what happened in the vault')
    .description('The log of the vault: take a copy of it, and verify that it is the one that was signed.')
  audit
    .command('export')
    .description('Writes every sealed event to a file, as JSON lines, in the order of the log.')
    .requiredOption('--out <FILE>', 'a new file')
    .addOption(json())
    .addHelpText('after', AUDIT_EXPORT_HELP)
    .action(
      calls(async (command, options: AuditExportOptions) =>
        (await import('./commands/audit-export.ts')).exportAudit(command, env, options),
      ),
    )
  audit
    .command('verify')
    .description(
      'Says whether events are the ones that were signed: nothing changed, put in, taken out, moved or cut off. Ends with 1 if not. Files are verified without network and database.',
    )
    .addOption(several('--events <FILE>', 'what audit export wrote'))
    .option('--database', 'verify the tables of the vault themselves')
    .option('--records', 'compare every token with its last event: finds an older row that was put back')
    .addOption(several('--checkpoints <FILE>', 'the sink of the vault, the oldest first'))
    .option('--public-key <FILE>', 'a copy of GET /v1/signing-keys (a JWK Set)')
    .addOption(json())
    .addHelpText('after', AUDIT_VERIFY_HELP)
    .action(
      calls(async (command, options: AuditVerifyOptions) =>
        (await import('./commands/audit-verify.ts')).verifyAudit(command, options),
      ),
    )
  audit
    .command('accept-restore')
    .description(
      'After an older database was put back: states in the sink where each log goes on and what is given up. Until then the vault seals and reveals nothing.',
    )
    .addOption(json())
    .addHelpText('after', AUDIT_ACCEPT_HELP)
    .action(
      calls(async (command) => (await import('./commands/audit-accept-restore.ts')).acceptOlderDatabase(command, env)),
    )
}

const AUDIT_EXPORT_HELP = `
Environment:
  VAULT_URL            where the vault is
  VAULT_API_KEY_FILE   a file of mode 0600 that holds a key with the role auditor; the log is that of its tenant and mode
  VAULT_API_KEY        the key itself, instead of a file

Example:
  kontor audit export --out events.jsonl`

const AUDIT_VERIFY_HELP = `
Environment, with --database or --records:
  VAULT_DATABASE_URL   the vault's database; its service role may read what is needed

Examples:
  kontor audit verify --events events.jsonl --checkpoints checkpoints.jsonl --public-key keys.json
  kontor audit verify --database --records --checkpoints checkpoints.jsonl --public-key keys.json`

const AUDIT_ACCEPT_HELP = `
Environment: that of the vault, with its keys and AUDIT_SINK_FILE.`

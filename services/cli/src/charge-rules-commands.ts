import type { Command as CommandLine } from 'commander'
import { type Calls, json } from './command-parts.ts'
import { BOOKS_ACCESS_HELP } from './invoicing-access.ts'

/** `kontor charge-rules …`: who takes the money, and when it is tried again. */
export function addChargeRulesCommands(program: CommandLine, calls: Calls): void {
  const rules = program
    .command('charge-rules')
    .summary('decide which processor takes the money')
    .description('Which charges go to which processors, and when those that were declined softly are tried again.')
  rules
    .command('show')
    .description('Shows the rules of the tenant, for the mode of the key.')
    .addOption(json())
    .addHelpText('after', BOOKS_ACCESS_HELP)
    .action(calls(async (command) => (await import('./commands/charging.ts')).showChargeRules(command)))
  rules
    .command('put')
    .description(
      'Replaces the rules by those of a file. Where the file names a version, as that of show --json does, it replaces no other one.',
    )
    .argument('<FILE>', 'JSON with rules and retry_after_hours')
    .addOption(json())
    .addHelpText('after', PUT_HELP)
    .action(
      calls(async (command, file: string) => (await import('./commands/charging.ts')).putChargeRules(command, file)),
    )
}

const PUT_HELP = `
Environment:
  INVOICING_URL        where invoicing is
  INVOICING_API_KEY    a key with the role admin; the demo's own is found by itself
  KONTOR_HOME          folder of the demo (default: .kontor)

Example:
  kontor charge-rules show --json > rules.json    change the file, then:
  kontor charge-rules put rules.json`

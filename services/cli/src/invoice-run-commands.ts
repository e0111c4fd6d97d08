import { type Command as CommandLine, Option } from 'commander'
import { type Calls, json } from './command-parts.ts'
import type { ShowRunOptions, StartRunOptions } from './commands/invoice-run.ts'
import { INVOICING_ACCESS_HELP } from './invoicing-access.ts'

const untilDone = () => new Option('--wait', 'wait until every draft had its turn')
const csv = () => new Option('--csv <FILE>', 'a new file for what became of each draft')

/** `kontor invoice-run …`: many drafts are issued at once. */
export function addInvoiceRunCommands(program: CommandLine, calls: Calls): void {
  const runs = program
    .command('invoice-run')
    .summary('issue many drafts at once')
    .description('Runs that issue many drafts, each exactly once, or judge them all.')
  runs
    .command('start')
    .description('Issues the drafts of an issuer or account. With --wait it ends with 1 if one was refused.')
    .option('--issuer <ISSUER_ID>', 'only drafts of this issuer, iss_…')
    .option('--account <ACCOUNT_ID>', 'only drafts of this account, acc_…')
    .option('--created-before <INSTANT>', 'only drafts made before, such as 2026-12-01T00:00:00Z')
    .option('--issue-on <DAY>', 'the issue date of drafts that have none (default: the day of issue)')
    .option('--dry-run', 'judge the drafts and issue none')
    .option('--idempotency-key <KEY>', 'repeated, it finds the run that it started first')
    .addOption(untilDone())
    .addOption(csv())
    .addOption(json())
    .addHelpText('after', START_HELP)
    .action(
      calls(async (command, options: StartRunOptions) =>
        (await import('./commands/invoice-run.ts')).startInvoiceRun(command, options),
      ),
    )
  runs
    .command('show')
    .description('Says how far a run has come, and what was not issued.')
    .argument('<RUN_ID>', 'the run, run_…')
    .addOption(untilDone())
    .addOption(csv())
    .addOption(json())
    .addHelpText('after', INVOICING_ACCESS_HELP)
    .action(
      calls(async (command, id: string, options: ShowRunOptions) =>
        (await import('./commands/invoice-run.ts')).showInvoiceRun(command, id, options),
      ),
    )
}

const START_HELP = `
Environment:
  INVOICING_URL        where invoicing is
  INVOICING_API_KEY    a key with the role checkout, invoicing or admin; the demo's own is found by itself
  KONTOR_HOME          folder of the demo (default: .kontor)

Example:
  kontor invoice-run start --issuer iss_01h455vb4pex5vsknk084sn02q --dry-run --wait`

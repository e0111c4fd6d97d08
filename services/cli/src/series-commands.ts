import { type Command as CommandLine, Option } from 'commander'
import { type Calls, json } from './command-parts.ts'
import type { SeriesReportOptions } from './commands/series-report.ts'
import { INVOICING_ACCESS_HELP } from './invoicing-access.ts'

/** `kontor series …`: the proof that no number is missing. */
export function addSeriesCommands(program: CommandLine, calls: Calls): void {
  const series = program
    .command('series')
    .summary('prove that no number is missing')
    .description('The series that numbers of documents come from.')
  series
    .command('audit')
    .description(
      'Says whether a series has every number once, and every document is what its number was bound to. Ends with 1 if not.',
    )
    .argument('<SERIES_ID>', 'the series, ser_…')
    .addOption(json())
    .addHelpText('after', INVOICING_ACCESS_HELP)
    .action(calls(async (command, id: string) => (await import('./commands/series-audit.ts')).auditSeries(command, id)))
  series
    .command('report')
    .description('Writes every number of a series and what became of it, for a tax inspector.')
    .argument('<SERIES_ID>', 'the series, ser_…')
    .option('--from <DAY>', 'the first issue date, such as 2026-01-01')
    .option('--to <DAY>', 'the last issue date')
    .option('--pdf <FILE>', 'a new file for the PDF')
    .option('--csv <FILE>', 'a new file for the CSV')
    .addOption(
      new Option('--language <LANGUAGE>', 'of the PDF (default: the issuer’s)').choices(['de', 'fr', 'it', 'en']),
    )
    .addOption(json())
    .addHelpText('after', REPORT_HELP)
    .action(
      calls(async (command, id: string, options: SeriesReportOptions) =>
        (await import('./commands/series-report.ts')).reportSeries(command, id, options),
      ),
    )
}

const REPORT_HELP = `${INVOICING_ACCESS_HELP}

Example:
  kontor series report ser_01h455vb4pex5vsknk084sn02q --from 2026-01-01 --to 2026-12-31 --pdf 2026.pdf --csv 2026.csv`

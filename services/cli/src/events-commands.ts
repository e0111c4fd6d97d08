import type { Command as CommandLine } from 'commander'
import { type Calls, collect, json, key } from './command-parts.ts'
import type { ReplayOptions, TailOptions } from './commands/events.ts'

/** `kontor events …`: what happened, as it happens, and again. */
export function addEventsCommands(program: CommandLine, calls: Calls): void {
  const events = program
    .command('events')
    .summary('follow what happens')
    .description('What happened in invoicing: ids and versions, and never data of a person.')
  events
    .command('tail')
    .description('Prints what happens until Ctrl-C. Nothing is skipped, whatever is committed meanwhile.')
    .option('--type <TYPE>', 'only of this type, or of a kind: invoice.*')
    .option('--from <INSTANT>', 'begin with what happened from then on, such as 2026-12-01T00:00:00Z')
    .option('--after <CURSOR>', 'go on where another call has stopped')
    .option('--once', 'end with what has happened by now, and say where to go on')
    .addOption(json())
    .addHelpText('after', TAIL_HELP)
    .action(
      calls(async (command, options: TailOptions) =>
        (await import('./commands/events.ts')).tailEvents(command, options),
      ),
    )
  events
    .command('replay')
    .description('Has a webhook endpoint told again what happened, or for the first time.')
    .argument('<ENDPOINT_ID>', 'the endpoint, whk_…')
    .option('--from <INSTANT>', 'what happened from then on, such as 2026-12-01T00:00:00Z')
    .option('--until <INSTANT>', 'with --from: only what happened before')
    .option('--event <EVENT_ID>', 'this event, evt_…; may be repeated', collect)
    .option('--dead-letters', 'what was given up')
    .addOption(key())
    .addOption(json())
    .addHelpText('after', REPLAY_HELP)
    .action(
      calls(async (command, id: string, options: ReplayOptions) =>
        (await import('./commands/events.ts')).replayEvents(command, id, options),
      ),
    )
}

const ACCESS_HELP = (roles: string) => `
Environment:
  INVOICING_URL        where invoicing is
  INVOICING_API_KEY    a key with the role ${roles}; the demo's own is found by itself
  KONTOR_HOME          folder of the demo (default: .kontor)`

const TAIL_HELP = `${ACCESS_HELP('invoicing, accounting or admin')}

Example:
  kontor events tail --type 'invoice.*' --json | jq -r .object_id`

const REPLAY_HELP = `${ACCESS_HELP('admin')}

Example:
  kontor events replay whk_01h455vb4pex5vsknk084sn02q --from 2026-12-01T00:00:00Z`

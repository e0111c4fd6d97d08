import { type Command as CommandLine, Option } from 'commander'
import type { Command } from './commands/command.ts'
import type { ListOptions } from './commands/document-list.ts'

/** Turns the work of a command into what the command line calls. */
export type Calls = <Args extends unknown[]>(
  work: (command: Command, ...args: Args) => Promise<number>,
) => (...args: unknown[]) => Promise<void>

/** The option of every command that has a result. */
export const json = () => new Option('--json', 'print the result as JSON; what is for people goes to standard error')

/** The option of every command that changes something and may break off. */
export const key = () => new Option('--key <KEY>', 'name this intent: the same call under it is done once')

/** Gathers the values of an option that may be repeated. */
export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

/** `… list` of a group of commands about documents. */
export function addList(
  group: CommandLine,
  calls: Calls,
  kind: 'invoices' | 'quotes',
  states: readonly string[],
): CommandLine {
  return group
    .command('list')
    .description(`Lists ${kind}, the oldest first.`)
    .addOption(new Option('--state <STATE>', 'only in this state').choices(states))
    .option('--account <ID>', 'only of this account: acc_…, or your external id')
    .option('--limit <NUMBER>', 'how many at most (default: 50)')
    .addOption(json())
    .action(
      calls(async (command, options: ListOptions) =>
        (await import('./commands/document-list.ts')).listDocuments(command, kind, options),
      ),
    )
}

import { Option } from 'commander'
import type { Command } from './commands/command.ts'

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

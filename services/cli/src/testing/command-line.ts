import type { Command } from '../commands/command.ts'

export interface CommandLineOptions {
  /** What of the configuration the command reads; services that it calls, unless it calls none. */
  readonly services?: object
  readonly cwd?: string
  readonly required?: (name: string) => string
  /** Called with every line that the next one would replace. */
  readonly onProgress?: (line: string) => void
  /** Aborted, it stops the command. */
  readonly signal?: AbortSignal
}

/** A command as the command line calls it, without a terminal: what it says to people, and what it hands to programs. */
export function commandLine({ services = {}, cwd = '/', required, onProgress, signal }: CommandLineOptions = {}) {
  const said: string[] = []
  const aside: string[] = []
  const progress: string[] = []
  // biome-ignore lint/suspicious/noExplicitAny: a test reads the fields it asserts.
  const results: any[] = []
  const command = {
    config: { cwd, home: '/nowhere', services, required },
    screen: {
      say: (line = '') => void aside.push(line),
      progress: (line: string) => {
        progress.push(line)
        onProgress?.(line)
      },
      result: (value: unknown, lines: readonly string[]) => {
        results.push(value)
        said.push(...lines)
      },
      columns: undefined,
    },
    stop: { signal: signal ?? new AbortController().signal },
  } as unknown as Command
  return { command, said, aside, progress, results }
}

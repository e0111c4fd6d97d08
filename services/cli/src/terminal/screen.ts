/** Where a command speaks to a person, and where it hands its result to a program. */
export interface Screen {
  /** A line for the person. */
  say(line?: string): void
  /** A line that the next one replaces, where the terminal can; elsewhere only its last state is printed. */
  progress(line: string): void
  /** The result: with `--json` the value, as JSON, else the lines. */
  result(value: unknown, lines: readonly string[]): void
  /** Cells in a line; `undefined` where nobody looks at a terminal. */
  readonly columns: number | undefined
}

export interface Stream {
  write(text: string): unknown
  readonly isTTY?: boolean
  readonly columns?: number
}

/**
 * @param json The result is for a program: what is said to a person goes to standard error.
 */
export function openScreen(streams: { readonly out: Stream; readonly err: Stream }, json: boolean): Screen {
  const person = json ? streams.err : streams.out
  let pending: string | undefined

  /** Ends the line that would have been replaced. */
  function settle(): void {
    if (pending === undefined) return
    person.write(person.isTTY ? '\n' : `${pending}\n`)
    pending = undefined
  }

  return {
    columns: person.isTTY ? person.columns : undefined,
    say(line = '') {
      settle()
      person.write(`${line}\n`)
    },
    progress(line) {
      // Carriage return, then erase to the end of the line (ECMA-48).
      if (person.isTTY) person.write(`\r\u001b[K${line}`)
      pending = line
    },
    result(value, lines) {
      settle()
      if (json) streams.out.write(`${JSON.stringify(value, null, 2)}\n`)
      else for (const line of lines) streams.out.write(`${line}\n`)
    },
  }
}

const SHOWN = '[secret]'

/**
 * A value that cannot be printed by accident.
 *
 * Logging, string building, JSON, `util.inspect`, enumeration and structured cloning all come out without it.
 * There is one way to get at it, so that a search for `.reveal(` finds every use.
 * It does not hide anything from a debugger or a heap dump.
 */
export class Secret<T> {
  // A #private field, not a `private` one: nothing outside this class body can read it, not even by name.
  readonly #value: T

  constructor(value: T) {
    this.#value = value
  }

  /** @returns The value itself. Keep it in a local variable, and pass the Secret on instead wherever you can. */
  reveal(): T {
    return this.#value
  }

  toString(): string {
    return SHOWN
  }

  toJSON(): string {
    return SHOWN
  }

  /** What `console.log`, `util.inspect` and `util.format` of Node.js call. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return SHOWN
  }
}

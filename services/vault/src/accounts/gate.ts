import { ErasuresReplaying } from './errors.ts'

/**
 * Stands before everything that reads or writes, and is open while it is sure that no restore has brought back what was
 * erased. It closes the moment anything is in doubt, so that what was begun before is not answered after.
 */
export interface Gate {
  isOpen(): boolean
  /** Grows each time the gate closes: whoever began under another number does not know what they have read. */
  generation(): number
  close(): void
  /** Opens the gate unless it was closed again since `generation`. */
  open(generation: number): void
  /** @throws {ErasuresReplaying} The gate is closed, or was since `generation`. */
  pass(generation?: number): void
}

export function gate(): Gate {
  let open = false
  let generation = 0
  return {
    isOpen: () => open,
    generation: () => generation,
    close() {
      open = false
      generation++
    },
    open(since) {
      if (since === generation) open = true
    },
    pass(since = generation) {
      if (!open || since !== generation) throw new ErasuresReplaying()
    },
  }
}

const ATTEMPTS_MAX = 5

/**
 * Unwraps what a row holds. Between reading the row and fetching the key that it names, the row may have been wrapped anew and
 * that key destroyed: then the row is read again. What fails twice with the same row is what it seems to be.
 *
 * @param reread The row as it is now.
 * @returns `undefined` once there is no such row any more.
 */
export async function unwrapRow<Row extends { readonly wrapped: string }, T>(
  row: Row,
  reread: () => Promise<Row | undefined>,
  unwrap: (row: Row) => Promise<T>,
): Promise<T | undefined> {
  let held = row
  for (let attempt = 1; ; attempt++) {
    try {
      return await unwrap(held)
    } catch (error) {
      const again = await reread()
      if (again === undefined) return undefined
      if (again.wrapped === held.wrapped || attempt >= ATTEMPTS_MAX) throw error
      held = again
    }
  }
}

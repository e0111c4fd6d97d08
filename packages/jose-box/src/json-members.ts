/** A string, or one mark of structure. What is in between (numbers, literals, white space) has no member names. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}:]/g

/**
 * Tells whether an object in a JSON text names a member twice.
 *
 * JSON.parse keeps the last of them and other parsers the first, so that a check by one and a use by the other see
 * different values (RFC 7515, 4: names must be unique).
 *
 * @param json Text that JSON.parse has accepted.
 */
export function hasDuplicateMembers(json: string): boolean {
  const open: Set<string>[] = []
  let lastString: string | undefined
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === '{') open.push(new Set())
    else if (token === '}') open.pop()
    else if (token !== ':') lastString = token
    else if (lastString !== undefined) {
      const name: string = JSON.parse(lastString) // Two spellings of one name ("\u0061lg") are one name.
      const names = open.at(-1)
      if (names?.has(name)) return true
      names?.add(name)
    }
  }
  return false
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const OPEN = 0x7b
const CLOSE = 0x7d
const SPACE = 0x20

/**
 * Tells whether an object in a JSON text names a field twice. JSON.parse keeps the last of the two and other readers the first, so that a
 * check by one and a use by the other see different values.
 *
 * @param json Text that JSON.parse has accepted.
 * @see RFC 8259, 4: names should be unique
 */
export function hasDuplicateField(json: string): boolean {
  // Sets, because a long list of names would be compared with each of them: seconds for a body of some hundred kilobytes.
  const outer: Set<string>[] = []
  let names = new Set<string>()
  for (let at = 0; at < json.length; at++) {
    const unit = json.charCodeAt(at)
    if (unit === OPEN) {
      outer.push(names)
      names = new Set()
    } else if (unit === CLOSE) {
      names = outer.pop() as Set<string>
    } else if (unit === QUOTE) {
      const end = endOfString(json, at)
      if (isFollowedByColon(json, end)) {
        const text = json.slice(at + 1, end)
        // Two spellings of one name ("\u0061" and "a") are one name.
        const name: string = text.includes('\\') ? JSON.parse(`"${text}"`) : text
        if (names.has(name)) return true
        names.add(name)
      }
      at = end
    }
  }
  return false
}

/** @returns The position of the quotation mark that ends the string which begins at `start`. */
function endOfString(json: string, start: number): number {
  let end = json.indexOf('"', start + 1)
  while (isEscaped(json, end)) end = json.indexOf('"', end + 1)
  return end
}

/** An odd number of backslashes in front of a character escapes it. */
function isEscaped(json: string, at: number): boolean {
  let first = at
  while (json.charCodeAt(first - 1) === BACKSLASH) first--
  return (at - first) % 2 === 1
}

function isFollowedByColon(json: string, end: number): boolean {
  let next = end + 1
  while (json.charCodeAt(next) <= SPACE) next++
  return json.charCodeAt(next) === COLON
}

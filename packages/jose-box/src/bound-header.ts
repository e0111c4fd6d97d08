/** What a ciphertext is tied to: whose it is, what it is, which version, under which key. Strings and integers. */
export type BoundHeader = Readonly<Record<string, string | number>>

/** Members that change how a JWE is processed. A caller sets none of them (RFC 7516, 4.1; RFC 7518, 4). */
const PROCESSING_MEMBERS = new Set(['zip', 'crit', 'b64', 'epk', 'apu', 'apv', 'iv', 'tag', 'p2s', 'p2c'])
const MEMBER_NAME = /^[A-Za-z][A-Za-z0-9_]*$/

/**
 * Writes the protected header of a record: `alg: dir`, `enc: A256GCM` and the given members as canonical JSON
 * (RFC 8785), in base64url.
 *
 * There is one spelling for one set of members. To open a record, its header is written again from what the row says
 * and compared as text, so no header that came from the database is ever parsed: member order, duplicate members and
 * number formats leave no room for two readings.
 *
 * @throws {TypeError} A member name outside `[A-Za-z][A-Za-z0-9_]*` or one that steers processing, a number that is not
 *   a safe integer, a string that is not well-formed Unicode.
 */
export function encodeBoundHeader(header: BoundHeader): string {
  let json = ''
  for (const { name, written } of namesOf(header)) {
    json += `${json === '' ? '{' : ','}${written}:${FIXED[name] ?? JSON.stringify(bindable(header[name]))}`
  }
  return Buffer.from(`${json}}`).toString('base64url')
}

/** What stands in every header, as JSON. */
const FIXED: Readonly<Record<string, string>> = Object.assign(Object.create(null), { alg: '"dir"', enc: '"A256GCM"' })

interface MemberName {
  readonly name: string
  /** As JSON. */
  readonly written: string
}

/** Sorted names by the names as they were given: a service binds a handful of sets, and sorting is half of the work. */
const known = new Map<string, readonly MemberName[]>()
const KNOWN_MAX = 100

function namesOf(header: BoundHeader): readonly MemberName[] {
  const given = Object.keys(header)
  const key = given.join(' ')
  const found = known.get(key)
  // Only what was allowed is kept, and a name that is allowed has no space.
  if (found?.length === given.length + 2) return found
  if ('alg' in header || 'enc' in header) throw new TypeError('a caller does not choose alg and enc')
  for (const name of given) {
    if (!MEMBER_NAME.test(name) || PROCESSING_MEMBERS.has(name)) throw new TypeError('a header member cannot be bound')
  }
  const names = [...given, ...Object.keys(FIXED)].sort().map((name) => ({ name, written: JSON.stringify(name) }))
  if (known.size < KNOWN_MAX) known.set(key, names)
  return names
}

function bindable(value: unknown): string | number {
  if (typeof value === 'string' && value.isWellFormed()) return value
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value
  throw new TypeError('a header member is neither well-formed text nor a safe integer')
}

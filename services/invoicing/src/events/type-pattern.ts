/** A type of event, all of one kind of object (`invoice.*`), or all (`*`). */
export const TYPE_PATTERN = '^(\\*|[a-z_]{1,40}\\.(\\*|[a-z_]{1,40}))$'

/** Whether a type of event is what a pattern names. */
export function matchesType(pattern: string, type: string): boolean {
  return pattern === '*' || pattern === type || pattern === `${type.split('.')[0]}.*`
}

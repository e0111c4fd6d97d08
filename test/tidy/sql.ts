import type { SourceFile, Tree } from './tree.ts'

export interface Column {
  readonly name: string
  /** As it is declared, in lower case, such as `smallint` or `text[]`. */
  readonly type: string
  /** What is declared of it beside the type: `not null check (…)`. */
  readonly rest: string
}

export interface Key {
  readonly kind: 'primary key' | 'unique' | 'foreign key'
  readonly columns: readonly string[]
  /** The table that a foreign key points to. */
  readonly references: string | undefined
}

/** A table as the migrations of one database make it. */
export interface Table {
  readonly database: string
  readonly name: string
  readonly columns: Column[]
  readonly keys: Key[]
  /** By column. */
  readonly comments: Map<string, string>
}

const MIGRATION = /^db\/(\w+)\/\d{4}_\w+\.sql$/

export const migrationsOf = (tree: Tree): readonly SourceFile[] =>
  tree.filter(({ path }) => MIGRATION.test(path)).toSorted((a, b) => (a.path < b.path ? -1 : 1))

type FindTable = (name: string) => Table
/** What a statement that was taken apart does to the tables. */
type Effect = (find: FindTable, parts: readonly string[]) => void

const STATEMENTS: readonly (readonly [form: RegExp, effect: Effect])[] = [
  [/^alter table (\w+) (.*)$/s, (find, [name = '', changes = '']) => alter(find(name), changes)],
  [
    /^create unique index \w+ on (\w+) (?:using \w+ )?\(([^)]*)\)/s,
    (find, [name = '', columns = '']) =>
      find(name).keys.push({ kind: 'unique', columns: namesIn(columns), references: undefined }),
  ],
  [
    /^comment on column (\w+)\.(\w+) is '(.*)'$/s,
    (find, [name = '', column = '', text = '']) => find(name).comments.set(column, text.replaceAll("''", "'")),
  ],
  // These make no table, column or key.
  [
    /^(create (index|function|(constraint )?trigger|or replace)|drop (index|trigger|function)|grant|revoke|insert|update|delete) /,
    () => {},
  ],
]
const CREATE_TABLE = /^create (?:unlogged )?table (\w+) \((.*)\)$/s

/**
 * Reads the tables that the migrations of a tree make. It understands the SQL that stands there, not all SQL.
 *
 * @throws {Error} A statement that it does not understand: it would rather stop than overlook a table.
 */
export function tablesOf(tree: Tree): Table[] {
  const tables = new Map<string, Table>()
  for (const { path, code } of migrationsOf(tree)) {
    const database = MIGRATION.exec(path)?.[1] as string
    const find = (name: string) => {
      const found = tables.get(`${database}.${name}`)
      if (!found) throw new Error(`${path} speaks of the table ${name}, which no migration before it makes`)
      return found
    }
    for (const statement of splitOutside(code, ';')) {
      const [made, name = '', body = ''] = CREATE_TABLE.exec(statement) ?? []
      if (made) {
        tables.set(`${database}.${name}`, { database, name, columns: [], keys: [], comments: new Map() })
        for (const part of splitOutside(body, ',')) add(find(name), part)
        continue
      }
      const form = STATEMENTS.find(([pattern]) => pattern.test(statement))
      if (!form) throw new Error(`${path} has a statement that these rules cannot read: ${statement.slice(0, 60)}`)
      form[1](find, form[0].exec(statement)?.slice(1) ?? [])
    }
  }
  return [...tables.values()]
}

function alter(table: Table, changes: string): void {
  for (const change of splitOutside(changes, ',')) {
    const [, added] = /^add (?:column )?(.*)$/s.exec(change) ?? []
    const [, dropped] = /^drop column (\w+)/.exec(change) ?? []
    if (added) add(table, added)
    else if (dropped) remove(table, dropped)
    else if (!/^(alter column \w+ (set|drop) (not null|default)|(enable|disable) |drop constraint)/.test(change)) {
      throw new Error(`${table.name} is altered in a way that these rules cannot read: ${change.slice(0, 60)}`)
    }
  }
}

function add(table: Table, declaration: string): void {
  const part = declaration.replace(/^constraint \w+ /, '')
  const key = /^(primary key|unique|foreign key)(?: nulls not distinct)? \(([^)]*)\)(?: references (\w+))?/.exec(part)
  if (key) {
    table.keys.push({ kind: key[1] as Key['kind'], columns: namesIn(key[2] ?? ''), references: key[3] })
    return
  }
  if (part.startsWith('check ')) return
  const [read, name = '', type = '', rest = ''] =
    /^(\w+) ((?:double precision|\w+)(?:\([\d, ]+\))?(?:\[\])?)\s*(.*)$/s.exec(part) ?? []
  if (!read) throw new Error(`${table.name} has a part that these rules cannot read: ${part.slice(0, 60)}`)
  table.columns.push({ name, type: type.toLowerCase(), rest })
  if (/\bprimary key\b/.test(rest)) table.keys.push({ kind: 'primary key', columns: [name], references: undefined })
  if (/\bunique\b/.test(rest)) table.keys.push({ kind: 'unique', columns: [name], references: undefined })
  const references = /\breferences (\w+)/.exec(rest)?.[1]
  if (references) table.keys.push({ kind: 'foreign key', columns: [name], references })
}

function remove(table: Table, column: string): void {
  const index = table.columns.findIndex(({ name }) => name === column)
  if (index !== -1) table.columns.splice(index, 1)
  table.comments.delete(column)
}

const namesIn = (list: string): string[] => list.split(',').map((name) => name.trim())

/** Splits at a mark that stands in no parentheses, no string and no dollar quote. Space is made single, outside of strings. */
function splitOutside(sql: string, mark: string): string[] {
  const parts = ['']
  let depth = 0
  for (const piece of sql.match(/'(?:[^']|'')*'|\$\$[\s\S]*?\$\$|\s+|[\s\S]/g) ?? []) {
    if (piece === '(') depth++
    if (piece === ')') depth--
    if (piece === mark && depth === 0) parts.push('')
    else parts[parts.length - 1] += /^\s+$/.test(piece) ? ' ' : piece
  }
  return parts
    .map((part) => part.trim().replace(/^\( /, '(').replace(/\( /g, '(').replace(/ \)/g, ')'))
    .filter((part) => part !== '')
}

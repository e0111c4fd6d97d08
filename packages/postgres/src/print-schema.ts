import { quoteValue, withClient } from './client.ts'
import { type Column, type Privilege, type Relation, readCatalogue, type Statement } from './schema-catalogue.ts'

/**
 * Prints a database's schema as SQL for a person to read and for a diff to show: tables with columns, constraints, indexes,
 * triggers, policies, comments and what each role may do. The same schema prints the same text on PostgreSQL 15 to 18
 * (but a view, whose query each version prints in its own way).
 * What the migrator and the job queue keep for themselves is left out; owners are not named.
 *
 * @throws {Error} The schema holds a kind of object that this does not print.
 */
export function printSchema(url: string): Promise<string> {
  return withClient(url, 'kontor print schema', async (client) => {
    await client.query('begin isolation level repeatable read read only; set local search_path to public')
    const catalogue = await readCatalogue(client)
    if (catalogue.unprintable.length > 0) {
      throw new Error(`the printed schema has no words for: ${catalogue.unprintable.join(', ')}`)
    }
    const blocks = [
      ...catalogue.extensions.map((one) => printStatement(one, 'extension')),
      ...catalogue.schemas.map((one) => printStatement(one, 'schema')),
      ...catalogue.types.map((one) =>
        printStatement(
          { ...one, definition: plain(one.definition) },
          one.definition.startsWith('create domain') ? 'domain' : 'type',
        ),
      ),
      ...catalogue.functions.map((one) => printStatement(one, '')),
      ...catalogue.relations.map(printRelation),
      ...catalogue.defaultPrivileges.map((one) => printStatement(one, '')),
    ]
    const text = blocks.filter((block) => block !== '').join('\n\n')
    return `-- Printed from the migrations beside this file; do not edit.\n\n${text}\n`
  })
}

function printStatement(one: Omit<Statement, 'definition'> & { definition: string | null }, kind: string): string {
  const object = `${kind} ${one.name}`.trim()
  const lines = one.definition === null ? [] : [`${one.definition.trimEnd()};`]
  if (one.comment !== null) lines.push(commentOn(object, one.comment))
  return [...lines, ...printPrivileges(object, one.privileges)].join('\n')
}

function printRelation(relation: Relation): string {
  const { name } = relation
  const kind = RELATION_KINDS[relation.kind] ?? 'table'
  const lines = [`${printCreate(relation, kind)};`]
  for (const index of relation.indexes) lines.push(`${plain(index.definition)};`)
  for (const trigger of relation.triggers) {
    lines.push(`${plain(trigger.definition)};`)
    const state = TRIGGER_STATES[trigger.enabled]
    if (state !== undefined) lines.push(`alter table ${name} ${state} trigger ${trigger.name};`)
  }
  if (relation.row_security) lines.push(`alter table ${name} enable row level security;`)
  if (relation.force_row_security) lines.push(`alter table ${name} force row level security;`)
  for (const policy of relation.policies) lines.push(`${policy.definition};`)
  if (relation.comment !== null) lines.push(commentOn(`${kind} ${name}`, relation.comment))
  for (const column of relation.columns) {
    if (column.comment !== null) lines.push(commentOn(`column ${name}.${column.name}`, column.comment))
  }
  const parts: [string, { name: string; comment: string | null }[]][] = [
    ['constraint', relation.constraints],
    ['trigger', relation.triggers],
    ['policy', relation.policies],
  ]
  for (const [part, many] of parts) {
    for (const one of many)
      if (one.comment !== null) lines.push(commentOn(`${part} ${one.name} on ${name}`, one.comment))
  }
  for (const index of relation.indexes) {
    if (index.comment !== null) lines.push(commentOn(`index ${index.name}`, index.comment))
  }
  lines.push(...printPrivileges(relation.kind === 'S' ? `sequence ${name}` : name, relation.privileges))
  return lines.join('\n')
}

const RELATION_KINDS: Readonly<Record<string, string>> = { v: 'view', m: 'materialized view', S: 'sequence' }
const TRIGGER_STATES: Readonly<Record<string, string>> = { D: 'disable', R: 'enable replica', A: 'enable always' }

function printCreate(relation: Relation, kind: string): string {
  const head = `create ${relation.unlogged ? 'unlogged ' : ''}${kind} ${relation.name}`
  const options = relation.options ? ` with (${relation.options.join(', ')})` : ''
  if (relation.view_definition !== null) return `${head}${options} as\n${relation.view_definition.replace(/;\s*$/, '')}`
  if (kind === 'sequence') return head
  const partition = relation.partition_key === null ? '' : ` partition by ${relation.partition_key.toLowerCase()}`
  const constraints = relation.constraints.map(({ name, definition }) => `constraint ${name} ${plain(definition)}`)
  if (relation.partition_of !== null) {
    const inner = constraints.length > 0 ? ` (\n${constraints.map((line) => `  ${line}`).join(',\n')}\n)` : ''
    return `${head} partition of ${relation.partition_of}${inner} ${plain(relation.bound ?? 'default')}${partition}${options}`
  }
  const body = [...printColumns(relation.columns), ...constraints]
  return `${head} (\n${body.map((line) => `  ${line}`).join(',\n')}\n)${partition}${options}`
}

function printColumns(columns: readonly Column[]): string[] {
  const nameWidth = Math.max(0, ...columns.map(({ name }) => name.length))
  const types = columns.map(({ type }) => type.replace('timestamp with time zone', 'timestamptz'))
  const typeWidth = Math.max(0, ...types.map((type) => type.length))
  return columns.map((column, index) => {
    const rest = [column.collation === null ? '' : `collate ${column.collation}`, column.not_null ? 'not null' : '']
    if (column.identity !== '') {
      rest.push(`generated ${column.identity === 'a' ? 'always' : 'by default'} as identity`)
    } else if (column.generated !== '') {
      rest.push(
        `generated always as (${plain(column.expression ?? '')}) ${column.generated === 'v' ? 'virtual' : 'stored'}`,
      )
    } else if (column.expression !== null) {
      rest.push(`default ${plain(column.expression)}`)
    }
    const tail = rest.filter((part) => part !== '').join(' ')
    return `${column.name.padEnd(nameWidth)} ${types[index]?.padEnd(typeWidth)} ${tail}`.trimEnd()
  })
}

/** In the order in which a person thinks of them. */
const PRIVILEGE_ORDER = ['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger', 'usage', 'create']

/** One `grant` per role, or per role and column list; privileges that a new object has and this one lacks as `revoke`. */
function printPrivileges(object: string, privileges: readonly Privilege[]): string[] {
  const statements = new Map<string, { head: string; tail: string; columns: Map<string, string[]> }>()
  const sorted = [...privileges].sort((a, b) => rank(a) - rank(b) || (a.privilege < b.privilege ? -1 : 1))
  for (const { grantee, privilege, column, grantable, revoked } of sorted) {
    const tail = revoked ? ` from ${grantee};` : ` to ${grantee}${grantable ? ' with grant option' : ''};`
    const key = `${revoked ? 0 : 1} ${grantee} ${grantable} ${column === null ? 0 : 1}`
    const statement = statements.get(key) ?? { head: revoked ? 'revoke' : 'grant', tail, columns: new Map() }
    statements.set(key, statement)
    const columns = statement.columns.get(privilege) ?? []
    statement.columns.set(privilege, columns)
    if (column !== null && !columns.includes(column)) columns.push(column)
  }
  return [...statements.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { head, tail, columns }]) => {
      const list = [...columns].map(([privilege, names]) =>
        names.length > 0 ? `${privilege} (${names.sort().join(', ')})` : privilege,
      )
      return `${head} ${list.join(', ')} on ${object}${tail}`
    })
}

const rank = ({ privilege }: Privilege): number => {
  const place = PRIVILEGE_ORDER.indexOf(privilege)
  return place === -1 ? PRIVILEGE_ORDER.length : place
}

const KEYWORDS =
  /\b(?:PRIMARY KEY|FOREIGN KEY|REFERENCES|UNIQUE|CHECK|EXCLUDE|USING|CREATE|CONSTRAINT|INDEX|TRIGGER|ON|BEFORE|AFTER|INSTEAD OF|INSERT|UPDATE|DELETE|TRUNCATE|OR|AND|NOT|NULL|IS|ANY|ARRAY|IN|LIKE|FOR|EACH|ROW|STATEMENT|EXECUTE|FUNCTION|WHEN|OF|WHERE|NULLS|DISTINCT|INCLUDE|DEFERRABLE|INITIALLY|DEFERRED|CASCADE|RESTRICT|SET|NO|ACTION|VALUES|FROM|TO|WITH|DEFAULT|REFERENCING|NEW|OLD|TABLE|AS|CASE|THEN|ELSE|END|BETWEEN|DESC|ASC|COLLATE|VALID|MATCH|FULL|ONLY|VALUE|COALESCE|NULLIF|GREATEST|LEAST)\b/g

/** As we write it: keywords small (the server prints them in capitals), and no `::text` behind a literal. Quoted text stays. */
function plain(sql: string): string {
  return sql
    .replaceAll(/('(?:[^']|'')*')::text\b(?!\[)/g, '$1')
    .split(/('(?:[^']|'')*'|"(?:[^"]|"")*")/)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(KEYWORDS, (word) => word.toLowerCase())))
    .join('')
}

const commentOn = (object: string, comment: string): string => `comment on ${object} is ${quoteValue(comment)};`

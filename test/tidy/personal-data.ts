import { files, type Rule } from './rule.ts'
import { type Column, type Table, tablesOf } from './sql.ts'
import type { Tree } from './tree.ts'

/** What a customer is told about their data is generated from these comments: purpose; legal basis; retention. */
const STATEMENT = /^[^;]+; [^;]*\bGDPR \d+\(\d\)(\([a-f]\))?[^;]*; [^;]+$/

/** Types in which anything at all can be written. */
const OPEN_TYPES = /^(text|jsonb?|bytea)(\[\])?$/

/** Columns of other types that say something of a person by what they are. */
const TELLING_NAMES =
  /(^|_)(name|email|phone|address|contact|iban|bin|last_four|brand|expiry|holder|birth|record|content|snapshot|answer|bytes|metadata|external_id|customer_number|reference|instrument|vat_id|legal_id|tax_number|fingerprint|endpoint|country)(_|$)/

/** Columns that could hold personal data and do not, with why. The name is `database.table.column`. */
const NOT_PERSONAL: readonly (readonly [column: RegExp, because: string])[] = [
  [/\.tenant\.(slug|name)$/, 'names the company that runs Kontor, which is no customer of itself'],
  [/\.api_key\.(lookup_id|name|scopes|purposes)$/, 'says of a program of the tenant what it may do'],
  [/_(hmac|hash|sha256)$|\.sha256$|\.mac$/, 'is a digest that nothing can be read from'],
  [/^keys\.\w+\.(wrapped|root_kid)$/, 'is a key, sealed under another key, or the name of one'],
  [/^vault\.audit_log\.(frontier|checkpoint)$/, 'is made of digests, signed'],
  [/^(vault\.audit_position|invoicing\.webhook_position)\.cluster$/, 'names a cluster of PostgreSQL'],
  [
    /^invoicing\.webhook_endpoint\.(url|event_types)$/,
    'says where programs of the tenant are told what happens, and what',
  ],
  [/^invoicing\.webhook_delivery\.(type|object_kind|last_failure)$/, 'is a word out of our code'],
  [/^vault\.processor_credential\.record$/, 'is the tenant’s own access to a processor, sealed'],
  [/^keys\.(signing_key|destroyed_root_key)\.(kid|x|y)$/, 'is a public key, or the name of one'],
  [/^keys\.\w+\.certificate$/, 'states that a key is gone, and names nobody'],
  [
    /\.(key_)?event\.(type|purpose|request_id)$|\.key_job\.request_id$/,
    'is a word out of our code, or the name of a request',
  ],
  [/^(vault\.event|keys\.key_event)\.data$/, 'holds codes, counts and names of fields; see the catalogue of events'],
  [/^invoicing\.invoice_run_item\.(code|path)$/, 'is the code of a refusal, and the name of a field'],
  [
    /^invoicing\.charge(_refund)?\.decline_(reason|code)$|^invoicing\.charge(_refund)?_step\.(because|code)$/,
    'is a word out of our code, or a code out of a processor’s list',
  ],
  [
    /^invoicing\.processor_event\.(type|failure)$/,
    'is a word out of a list of the processor, or the code of a refusal',
  ],
  [/^invoicing\.charge_rules\.(rules|retry_after_hours)$/, 'says whom a tenant lets take its money, and when again'],
  [/^invoicing\.charge_retry\.because$/, 'is a word out of our code'],
  [/\.unique_name\.kind$/, 'is a word out of our code'],
  [/\.(currency|type_code|period|time_zone|template_version)$/, 'is a code out of a list'],
  [/^invoicing\.series\.suffix$/, 'is the end of a number format, after the number'],
  [
    /^invoicing\.(series\.format|number_format\.format|issuer_numbering\.formats)$/,
    'is a pattern of numbers, with placeholders for the customer and the counter',
  ],
  [/^invoicing\.issuer\.external_id$/, 'is the tenant’s own name for a part of itself'],
  [/^invoicing\.issuer_logo\.bytes$/, 'is the picture of a brand'],
]

const nameOf = (table: Table, column: Column) => `${table.database}.${table.name}.${column.name}`

/** A list of values leaves no room for a person; a telling name says that one of them is about one all the same. */
const isClosed = ({ name, rest }: Column) => new RegExp(`check \\(${name} in \\(`).test(rest)

function needsStatement(column: Column): boolean {
  const open = OPEN_TYPES.test(column.type) && !isClosed(column)
  return open || TELLING_NAMES.test(column.name)
}

function check(tree: Tree): string[] {
  return tablesOf(tree).flatMap((table) => {
    const known = new Set(table.columns.map(({ name }) => name))
    const lost = [...table.comments.keys()].filter((name) => !known.has(name))
    return [
      ...lost.map((name) => `${table.database}.${table.name}.${name} has a comment, and is no column`),
      ...table.columns.flatMap((column) => {
        const name = nameOf(table, column)
        const comment = table.comments.get(column.name)
        if (comment !== undefined) {
          return STATEMENT.test(comment) ? [] : [`${name}: "${comment}" is not "purpose; legal basis; retention"`]
        }
        const excepted = NOT_PERSONAL.some(([pattern]) => pattern.test(name))
        return needsStatement(column) && !excepted ? [`${name} has no comment "purpose; legal basis; retention"`] : []
      }),
    ]
  })
}

/** @returns The exceptions above that no column needs any more. */
export function staleExceptions(tree: Tree): string[] {
  const needed = tablesOf(tree).flatMap((table) =>
    table.columns
      .filter((column) => needsStatement(column) && !table.comments.has(column.name))
      .map((column) => nameOf(table, column)),
  )
  return NOT_PERSONAL.filter(([pattern]) => !needed.some((name) => pattern.test(name))).map(
    ([pattern]) => pattern.source,
  )
}

const STATED = "comment on column person.name is 'address letters; contract, GDPR 6(1)(b); until it is changed';"
const person = (column: string, after = '') =>
  files({ 'db/vault/0001_person.sql': `create table person (\n  id uuid not null,\n  ${column}\n);\n${after}` })

export const PERSONAL_DATA: Rule = {
  because: 'every column that can hold personal data says what for, by what right and for how long',
  check,
  planted: [
    person('name text not null'),
    person('notes jsonb'),
    person('picture bytea'),
    person('nicknames text[]'),
    person('expiry_month smallint'),
    person('name text', "comment on column person.name is 'the name';"),
    person('name text', "comment on column person.name is 'address letters; because we can; for ever';"),
    person('name text', `${STATED}\ncomment on column person.nick is 'a; GDPR 6(1)(b); b';`),
    [
      ...person('name text', STATED),
      ...files({ 'db/vault/0002_phone.sql': 'alter table person add column phone text;' }),
    ],
  ],
  innocent: [
    ...person("name text not null, -- text\n  kind text check (kind in ('a', 'b;')),\n  at timestamptz", STATED),
    ...files({ 'db/vault/0002_tenant.sql': 'create table tenant (id uuid, name text);' }),
  ],
}

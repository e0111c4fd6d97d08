import type { Client } from './client.ts'

/** One privilege that an object has beyond (or, `revoked`, short of) what PostgreSQL gives a new object of its kind. */
export interface Privilege {
  readonly grantee: string
  readonly privilege: string
  readonly column: string | null
  readonly grantable: boolean
  readonly revoked: boolean
}

export interface Column {
  readonly name: string
  readonly type: string
  readonly collation: string | null
  readonly not_null: boolean
  readonly expression: string | null
  /** 's' stored, 'v' virtual, '' an ordinary column. */
  readonly generated: string
  /** 'a' always, 'd' by default, '' none. */
  readonly identity: string
  readonly comment: string | null
}

export interface Named {
  readonly name: string
  readonly definition: string
  readonly comment: string | null
}

export interface Trigger extends Named {
  /** 'O' fires, 'D' disabled, 'R' on replicas only, 'A' always. */
  readonly enabled: string
}

export interface Relation {
  readonly name: string
  /** 'r' table, 'p' partitioned table, 'v' view, 'm' materialized view, 'S' sequence. */
  readonly kind: string
  readonly unlogged: boolean
  readonly options: string[] | null
  readonly partition_key: string | null
  readonly partition_of: string | null
  readonly bound: string | null
  readonly view_definition: string | null
  readonly row_security: boolean
  readonly force_row_security: boolean
  readonly comment: string | null
  readonly columns: Column[]
  readonly constraints: Named[]
  readonly indexes: Named[]
  readonly triggers: Trigger[]
  readonly policies: Named[]
  readonly privileges: Privilege[]
}

/** Something whose definition is a whole statement: extension, schema, type, function, default privilege. */
export interface Statement {
  readonly name: string
  readonly definition: string
  readonly comment: string | null
  readonly privileges: Privilege[]
}

/** What Knex and the job queues make for themselves. */
const LEFT_OUT = ['knex_migrations', 'knex_migrations_lock', 'migration_checksum']
const LEFT_OUT_SCHEMAS = ['information_schema', 'graphile_worker', 'graphile_worker_webhooks']

const ours = (schema: string) => `${schema} in (select oid from our_schema)`
const notOfExtension = (catalogue: string, oid: string) =>
  `not exists (select from pg_depend e where e.classid = '${catalogue}'::regclass and e.objid = ${oid} and e.deptype = 'e')`

/** The difference between an object's privileges and those of a new object of its kind, as a JSON array. */
const privileges = (acl: string, initial: string, column = 'null::name') => `
  (select json_agg(json_build_object(
            'grantee', case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
            'privilege', lower(privilege_type), 'column', quote_ident(${column}),
            'grantable', coalesce(held.is_grantable, false), 'revoked', held.grantor is null))
   from aclexplode(coalesce(${acl}, ${initial})) as held
   full join aclexplode(${initial}) as initial using (grantee, privilege_type)
   where held.grantor is null or initial.grantor is null or held.is_grantable <> initial.is_grantable)`

const OUR_SCHEMAS = `our_schema as (
  select oid from pg_namespace where nspname !~ '^pg_' and nspname <> all ('{${LEFT_OUT_SCHEMAS.join(',')}}'))`

const RELATIONS = `with ${OUR_SCHEMAS}
select c.oid::regclass::text as name, c.relkind as kind, c.relpersistence = 'u' as unlogged, c.reloptions as options,
  pg_get_partkeydef(c.oid) as partition_key, pg_get_expr(c.relpartbound, c.oid) as bound,
  (select i.inhparent::regclass::text from pg_inherits i where i.inhrelid = c.oid) as partition_of,
  case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid, true) end as view_definition,
  c.relrowsecurity as row_security, c.relforcerowsecurity as force_row_security,
  obj_description(c.oid, 'pg_class') as comment,
  coalesce((select json_agg(json_build_object('name', quote_ident(a.attname), 'type', format_type(a.atttypid, a.atttypmod),
      'collation', (select l.oid::regcollation::text from pg_collation l where l.oid = a.attcollation and l.oid <> t.typcollation),
      'not_null', a.attnotnull, 'expression', pg_get_expr(d.adbin, d.adrelid), 'generated', a.attgenerated,
      'identity', a.attidentity, 'comment', col_description(c.oid, a.attnum)) order by a.attnum)
    from pg_attribute a join pg_type t on t.oid = a.atttypid
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped), '[]') as columns,
  coalesce((select json_agg(json_build_object('name', quote_ident(k.conname), 'definition', pg_get_constraintdef(k.oid, true),
      'comment', obj_description(k.oid, 'pg_constraint')) order by array_position('{p,u,x,c,f}', k.contype::text), k.conname)
    from pg_constraint k
    where k.conrelid = c.oid and k.contype in ('p', 'u', 'x', 'c', 'f') and k.conparentid = 0 and k.conislocal), '[]')
    as constraints,
  coalesce((select json_agg(json_build_object('name', i.indexrelid::regclass::text,
      'definition', pg_get_indexdef(i.indexrelid, 0, true), 'comment', obj_description(i.indexrelid, 'pg_class'))
      order by x.relname)
    from pg_index i join pg_class x on x.oid = i.indexrelid
    where i.indrelid = c.oid and not x.relispartition
      and not exists (select from pg_constraint k where k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x'))), '[]')
    as indexes,
  coalesce((select json_agg(json_build_object('name', quote_ident(g.tgname), 'definition', pg_get_triggerdef(g.oid, true),
      'enabled', g.tgenabled, 'comment', obj_description(g.oid, 'pg_trigger')) order by g.tgname)
    from pg_trigger g where g.tgrelid = c.oid and not g.tgisinternal and g.tgparentid = 0), '[]') as triggers,
  coalesce((select json_agg(json_build_object('name', quote_ident(p.polname),
      'definition', concat('create policy ', quote_ident(p.polname), ' on ', c.oid::regclass,
        case when not p.polpermissive then ' as restrictive' end,
        ' for ', case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
                               when 'd' then 'delete' else 'all' end,
        ' to ', (select string_agg(case when r = 0 then 'public' else quote_ident(pg_get_userbyid(r)) end, ', '
                                   order by pg_get_userbyid(r)) from unnest(p.polroles) r),
        ' using (' || pg_get_expr(p.polqual, c.oid) || ')',
        ' with check (' || pg_get_expr(p.polwithcheck, c.oid) || ')'),
      'comment', obj_description(p.oid, 'pg_policy')) order by p.polname)
    from pg_policy p where p.polrelid = c.oid), '[]') as policies,
  coalesce(${privileges('c.relacl', `acldefault(case c.relkind when 'S' then 's'::"char" else 'r' end, c.relowner)`)}, '[]')::jsonb
    || coalesce((select jsonb_agg(one) from pg_attribute a,
        jsonb_array_elements(${privileges('a.attacl', `acldefault('c', c.relowner)`, 'a.attname')}::jsonb) one
      where a.attrelid = c.oid and a.attacl is not null), '[]') as privileges
from pg_class c
where ${ours('c.relnamespace')} and c.relkind in ('r', 'p', 'v', 'm', 'S')
  and c.relname <> all ('{${LEFT_OUT.join(',')}}') and ${notOfExtension('pg_class', 'c.oid')}
  -- A sequence that belongs to a column is part of the column.
  and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid
                  and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i') and c.relkind = 'S')
order by array_position('{S,r,p,m,v}', c.relkind::text) in (4, 5), c.relnamespace::regnamespace::text, c.relname`

const EXTENSIONS = `select e.extname as name, concat('create extension ', quote_ident(e.extname)) as definition,
  null as comment, '[]'::json as privileges
from pg_extension e where e.extname <> 'plpgsql' order by e.extname`

const SCHEMAS = `with ${OUR_SCHEMAS}
select n.oid::regnamespace::text as name,
  case when n.nspname <> 'public' then concat('create schema ', quote_ident(n.nspname)) end as definition,
  case when n.nspname <> 'public' then obj_description(n.oid, 'pg_namespace') end as comment,
  coalesce(${privileges('n.nspacl', `case when n.nspname = 'public' then acldefault('n', n.nspowner) || makeaclitem(0, n.nspowner, 'usage', false) else acldefault('n', n.nspowner) end`)}, '[]') as privileges
from pg_namespace n where ${ours('n.oid')} order by n.nspname`

const TYPES = `with ${OUR_SCHEMAS}
select t.oid::regtype::text as name, concat('create ', case t.typtype
    when 'e' then concat('type ', t.oid::regtype, ' as enum (',
      (select string_agg(quote_literal(v.enumlabel), ', ' order by v.enumsortorder) from pg_enum v where v.enumtypid = t.oid), ')')
    when 'd' then concat('domain ', t.oid::regtype, ' as ', format_type(t.typbasetype, t.typtypmod),
      ' default ' || t.typdefault, case when t.typnotnull then ' not null' end,
      (select string_agg(concat(' constraint ', quote_ident(k.conname), ' ', pg_get_constraintdef(k.oid, true)), '' order by k.conname)
       from pg_constraint k where k.contypid = t.oid and k.contype = 'c'))
    when 'c' then concat('type ', t.oid::regtype, ' as (', (select string_agg(concat(quote_ident(a.attname), ' ',
      format_type(a.atttypid, a.atttypmod)), ', ' order by a.attnum) from pg_attribute a
      where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped), ')') end) as definition,
  obj_description(t.oid, 'pg_type') as comment,
  coalesce(${privileges('t.typacl', `acldefault('T', t.typowner)`)}, '[]') as privileges
from pg_type t left join pg_class c on c.oid = t.typrelid
where ${ours('t.typnamespace')} and (t.typtype in ('e', 'd') or (t.typtype = 'c' and c.relkind = 'c'))
  and ${notOfExtension('pg_type', 't.oid')}
order by t.typname`

const FUNCTIONS = `with ${OUR_SCHEMAS}
select concat(case p.prokind when 'p' then 'procedure ' else 'function ' end, p.oid::regprocedure) as name,
  pg_get_functiondef(p.oid) as definition, obj_description(p.oid, 'pg_proc') as comment,
  coalesce(${privileges('p.proacl', `acldefault('f', p.proowner)`)}, '[]') as privileges
from pg_proc p
where ${ours('p.pronamespace')} and p.prokind in ('f', 'p', 'w') and ${notOfExtension('pg_proc', 'p.oid')}
order by p.proname, p.oid::regprocedure::text`

const DEFAULT_PRIVILEGES = `select concat('alter default privileges for role ', quote_ident(pg_get_userbyid(d.defaclrole)),
    ' in schema ' || nullif(d.defaclnamespace, 0)::regnamespace, ' grant ',
    string_agg(lower(x.privilege_type), ', ' order by x.privilege_type), ' on ',
    case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions'
                         when 'T' then 'types' else 'schemas' end,
    ' to ', case when x.grantee = 0 then 'public' else quote_ident(pg_get_userbyid(x.grantee)) end) as definition,
  '' as name, null as comment, '[]'::json as privileges
from pg_default_acl d, aclexplode(d.defaclacl) x
group by d.oid, d.defaclrole, d.defaclnamespace, d.defaclobjtype, x.grantee order by 1`

/** Kinds of object that the printer has no words for. To leave one out in silence would make the comparison blind to it. */
const UNPRINTABLE = `with ${OUR_SCHEMAS}
select concat('foreign table ', oid::regclass) as object from pg_class where ${ours('relnamespace')} and relkind = 'f'
union all select concat('rule ', r.rulename) from pg_rewrite r join pg_class c on c.oid = r.ev_class
  where ${ours('c.relnamespace')} and r.rulename <> '_RETURN'
union all select concat('aggregate ', p.oid::regprocedure) from pg_proc p
  where ${ours('p.pronamespace')} and p.prokind = 'a' and ${notOfExtension('pg_proc', 'p.oid')}
union all select concat('range type ', t.oid::regtype) from pg_type t
  where ${ours('t.typnamespace')} and t.typtype = 'r' and ${notOfExtension('pg_type', 't.oid')}
union all select concat('operator ', o.oid::regoperator) from pg_operator o
  where ${ours('o.oprnamespace')} and ${notOfExtension('pg_operator', 'o.oid')}
union all select concat('statistics ', s.stxname) from pg_statistic_ext s where ${ours('s.stxnamespace')}
union all select concat('event trigger ', v.evtname) from pg_event_trigger v where ${notOfExtension('pg_event_trigger', 'v.oid')}
union all select concat('publication ', b.pubname) from pg_publication b
order by 1`

export interface Catalogue {
  readonly extensions: Statement[]
  /** `public` is among them with a null definition, for its privileges. */
  readonly schemas: (Omit<Statement, 'definition'> & { readonly definition: string | null })[]
  readonly types: Statement[]
  readonly functions: Statement[]
  readonly relations: Relation[]
  readonly defaultPrivileges: Statement[]
  /** Objects of kinds that nothing above covers. */
  readonly unprintable: string[]
}

/**
 * Reads everything that makes up a schema from pg_catalog.
 *
 * @param client In a transaction whose search_path is `public`, so that names in it are printed without their schema.
 */
export async function readCatalogue(client: Client): Promise<Catalogue> {
  const rows = async <Row extends object>(sql: string) => (await client.query<Row>(sql)).rows
  return {
    extensions: await rows<Statement>(EXTENSIONS),
    schemas: await rows<Statement>(SCHEMAS),
    types: await rows<Statement>(TYPES),
    functions: await rows<Statement>(FUNCTIONS),
    relations: await rows<Relation>(RELATIONS),
    defaultPrivileges: await rows<Statement>(DEFAULT_PRIVILEGES),
    unprintable: (await rows<{ object: string }>(UNPRINTABLE)).map(({ object }) => object),
  }
}

import Type from 'typebox'

/** For whom a service key asks. */
export const forwardedTenant = {
  'kontor-tenant': Type.Optional(
    Type.String({ maxLength: 30, description: 'With a service key: the tenant it acts for, ten_….' }),
  ),
}

/** Of a request that changes what may have been changed meanwhile. */
export const ifMatch = {
  'if-match': Type.Optional(Type.String({ maxLength: 20, description: 'The version you read, in quotes.' })),
}

const ETAG = { ETag: Type.String({ description: 'The version, in quotes: send it as If-Match.' }) }

/** An answer with the version of what it shows in its header. */
export const versioned = <T extends object>(schema: T): T => ({ ...schema, headers: ETAG })

/** @see RFC 9110, 8.8.3 */
export const etagOf = ({ version }: { readonly version: number }): string => `"${version}"`

/** What does not have the form of a version matches none. */
const NO_VERSION = 0

/** @param text Of `If-Match`. */
export const versionIn = (text: string): number => Number(/^"([1-9][0-9]{0,8})"$/.exec(text)?.[1] ?? NO_VERSION)

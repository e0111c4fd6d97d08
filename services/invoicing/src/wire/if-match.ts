import { IfMatchRequired } from '@kontor/http-api'
import { DomainError } from '@kontor/problem'
import type { FastifyReply } from 'fastify'
import Type from 'typebox'

export class VersionConflict extends DomainError {
  readonly code = 'version_conflict'
  readonly status = 412
  readonly title = 'It was changed since you read it'
  constructor() {
    super('read it again and repeat the change on the new version')
  }
}

export const IfMatchHeader = Type.Object({
  'if-match': Type.Optional(Type.String({ maxLength: 20, description: 'The version you read, in quotes.' })),
})

/** @throws {IfMatchRequired} There is none, or none of the form `"3"`. */
export function versionOf(headers: { readonly 'if-match'?: string | undefined }): number {
  const version = /^"([1-9][0-9]{0,8})"$/.exec(headers['if-match'] ?? '')?.[1]
  if (version === undefined) throw new IfMatchRequired()
  return Number(version)
}

/** Gives an answer the version that it shows as its ETag. */
export function tagged<T extends { readonly version: number }>(reply: FastifyReply, body: T): T {
  reply.header('etag', `"${body.version}"`)
  return body
}

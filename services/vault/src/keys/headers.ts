import type { Subject } from './deks.ts'

/** What each wrapped key is bound to: a row that stands in for another does not open. */
export const kekHeader = (tenantId: string, version: number) => ({ typ: 'kek', ten: tenantId, ver: version })

/** The secret is bound to the KEK that wraps it, so that an older wrapping cannot stand in for a newer one. */
export const secretHeader = (tenantId: string, kekVersion: number) => ({
  typ: 'secret',
  ten: tenantId,
  kek: kekVersion,
})

export const dekHeader = (subject: Subject, version: number, kekVersion: number) => ({
  typ: 'dek',
  ten: subject.tenantId,
  sub: subject.id,
  ver: version,
  kek: kekVersion,
})

/** Of a key that is wrapped only to see whether it can be, and stored nowhere. */
export const PROBE_HEADER = { typ: 'probe' }

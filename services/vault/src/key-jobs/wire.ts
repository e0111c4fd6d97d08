import { formatId } from '@kontor/ids'
import { IntegrityViolation } from '@kontor/jose-box'
import type { KekVersion } from '../keys/rotation-repo.ts'
import type { KeyJob } from './repo.ts'
import type { DestroyedKeyWire, KeyJobWire, KeyVersionWire } from './schema.ts'

export function toKeyWire(key: KekVersion): KeyVersionWire {
  return {
    version: key.version,
    state: key.state,
    root_kid: key.root_kid,
    deks: key.deks,
    wraps_secret: key.secret,
    created_at: key.created_at.toISOString(),
    destroyed_at: key.destroyed_at?.toISOString() ?? null,
  }
}

/** @throws {IntegrityViolation} The key is not destroyed, or its certificate is gone. */
export function toDestroyedWire(key: KekVersion): DestroyedKeyWire {
  if (key.certificate === null) throw new IntegrityViolation()
  return { ...toKeyWire(key), certificate: key.certificate }
}

export function toJobWire(job: KeyJob): KeyJobWire {
  const active = job.state === 'waiting' || job.state === 'running'
  const left = Math.max(0, job.total - job.done - job.failures)
  return {
    id: formatId('job', job.id),
    kind: job.kind,
    state: job.state,
    done: job.done,
    total: job.total,
    failures: job.failures,
    rate: Math.round(job.rate * 10) / 10,
    eta_seconds: active && job.rate > 0 ? Math.ceil(left / job.rate) : null,
    created_at: job.created_at.toISOString(),
    finished_at: job.finished_at?.toISOString() ?? null,
  }
}

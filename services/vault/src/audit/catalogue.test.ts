import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import test from 'ava'
import { EVENT_TYPES } from '../events/catalogue.ts'

const DOCUMENT = readFileSync(fileURLToPath(new URL('../../../../docs/audit-events.md', import.meta.url)), 'utf8')

test('every type of event is documented with its sentence, and no other', (t) => {
  const documented = [...DOCUMENT.matchAll(/^\| `([a-z_]+\.[a-z_]+)` \| (.+) \|$/gm)].map(([, type, says]) => [
    type,
    says,
  ])
  t.deepEqual(documented, Object.entries(EVENT_TYPES))
})

// A process of its own that adds so many root KEKs to a keystore, and says the id of each that is in the file.
import { randomBytes } from 'node:crypto'
import { addRootKey } from '../change-keystore.ts'

const [path = '', passphrase = '', keys = '0'] = process.argv.slice(2)
for (let added = 0; added < Number(keys); added++) {
  process.send?.(await addRootKey(path, passphrase, { random: randomBytes, nowMs: Date.now }))
}
process.disconnect?.()

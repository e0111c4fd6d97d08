// A process of its own that adds root KEKs to a keystore until it is told to stop, and says the id of each that is in the file.
import { randomBytes } from 'node:crypto'
import { addRootKey } from '../change-keystore.ts'

const [path = '', passphrase = ''] = process.argv.slice(2)
let stop = false
process.on('message', () => {
  stop = true
})
while (!stop) process.send?.(await addRootKey(path, passphrase, { random: randomBytes, nowMs: Date.now }))
process.disconnect?.()

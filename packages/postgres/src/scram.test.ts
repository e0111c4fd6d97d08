import { createHash, createHmac } from 'node:crypto'
import test from 'ava'
import { scramVerifier } from './scram.ts'

// The exchange of RFC 7677, section 3: user "user", password "pencil".
const AUTH_MESSAGE =
  'n=user,r=rOprNGfwEbeRWgbNEkqO,' +
  'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,' +
  'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0'
const CLIENT_PROOF = 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ='
const SERVER_SIGNATURE = '6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4='
const SALT = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64')

const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()

test('the verifier accepts the proof of RFC 7677 and signs as the RFC does', async (t) => {
  const verifier = await scramVerifier('pencil', SALT)
  const [, iterations, salt, storedText, serverText] =
    /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)$/.exec(verifier) ?? t.fail(verifier)
  t.is(iterations, '4096')
  t.is(salt, SALT.toString('base64'))
  const stored = Buffer.from(storedText as string, 'base64')
  const signature = hmac(stored, AUTH_MESSAGE)
  const clientKey = Buffer.from(CLIENT_PROOF, 'base64').map((byte, i) => byte ^ (signature[i] as number))
  t.deepEqual(createHash('sha256').update(clientKey).digest(), stored)
  t.is(hmac(Buffer.from(serverText as string, 'base64'), AUTH_MESSAGE).toString('base64'), SERVER_SIGNATURE)
})

for (const password of ['', 'pässword', 'tab\there']) {
  test(`${JSON.stringify(password)} is no password, and the refusal does not repeat it`, async (t) => {
    const error = await t.throwsAsync(scramVerifier(password, SALT), { message: /printable ASCII/ })
    if (password !== '') t.false(error.message.includes(password))
  })
}

test('a salt of another length is refused', async (t) => {
  await t.throwsAsync(scramVerifier('pencil', SALT.subarray(1)), { instanceOf: RangeError })
})

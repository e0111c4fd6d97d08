/** The environment lacks or garbles something. The message is one sentence that never repeats a secret. */
export class InvalidConfig extends Error {
  override readonly name = 'InvalidConfig'
}

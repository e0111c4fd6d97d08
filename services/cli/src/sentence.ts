/** Why the command cannot go on, in one sentence that a stranger can act on. It is printed as it is, without a stack. */
export class Sentence extends Error {
  override readonly name = 'Sentence'
}

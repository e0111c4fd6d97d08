/**
 * A text that is not an id, or is the id of another kind of thing.
 *
 * Not a DomainError: at the border the schema's pattern has refused such a text already, so that here it is a defect of ours.
 * The message never repeats the text, which may be anything that somebody typed into an address.
 */
export class InvalidId extends Error {
  override readonly name = 'InvalidId'
}

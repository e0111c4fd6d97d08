import { InvalidIdempotencyKey } from './errors.ts'

/** PayPal takes 108 characters for an order, Stripe 255; what is left is for the parts of a request that takes several. */
const KEY = /^[A-Za-z0-9_.:-]{8,100}$/

/** @throws {InvalidIdempotencyKey} */
export function checkedKey(key: string): string {
  if (!KEY.test(key)) throw new InvalidIdempotencyKey()
  return key
}

/** The key of one of the requests that one of ours becomes: the same each time. */
export const partKey = (key: string, part: 'pm' | 'cus' | 'seti' | 'tok'): string => `${checkedKey(key)}:${part}`

/**
 * The quasigroup of H. Michael Damm's check digit (weakly totally anti-symmetric, order 10): it finds every single wrong
 * digit and every swap of two neighbours.
 *
 * @see Damm, "Total anti-symmetrische Quasigruppen", Marburg 2004, p. 111
 */
const DAMM = [
  '0317598642',
  '7092154863',
  '4206871359',
  '1750983426',
  '6123045978',
  '3674209581',
  '5869720134',
  '8945362017',
  '9438617205',
  '2581436790',
]

/** The number of random digits before the check digit. Fixed: the formats of document numbers rely on the width. */
const RANDOM_DIGITS = 8

/**
 * Draws a customer number: eight random digits, the first not zero, and a check digit.
 *
 * Random, not counted, so that nobody reads off how many customers a tenant has, and two processes need no counter.
 *
 * @param random Gives that many unpredictable bytes.
 * @returns Nine digits. Whether another account has it is decided by `unique_name`.
 */
export function drawCustomerNumber(random: (size: number) => Uint8Array): string {
  const range = 9 * 10 ** (RANDOM_DIGITS - 1)
  // The largest multiple of the range in 32 bits; a draw beyond it is thrown away, so that every number is as likely.
  const fair = Math.floor(2 ** 32 / range) * range
  for (;;) {
    const drawn = Buffer.from(random(4)).readUInt32BE()
    if (drawn < fair) {
      const digits = String(10 ** (RANDOM_DIGITS - 1) + (drawn % range))
      return digits + dammDigit(digits)
    }
  }
}

/** Whether a customer number is of the form and its check digit matches: a typing error shows before anything is looked up. */
export function isCustomerNumber(text: string): boolean {
  return /^[1-9][0-9]{8}$/.test(text) && dammDigit(text) === '0'
}

/** The check digit of a run of digits; `0` for a run that ends in its own check digit. */
export function dammDigit(digits: string): string {
  let interim = '0'
  for (const digit of digits) interim = DAMM[Number(interim)]?.charAt(Number(digit)) ?? ''
  return interim
}

import { resolve } from 'node:path'
import { readSecretFile } from '../secret-file.ts'
import { Sentence } from '../sentence.ts'

export const PROCESSORS = ['stripe', 'paypal'] as const
export type ProcessorName = (typeof PROCESSORS)[number]

/** Standard input, or what stands for it. */
export interface Input extends AsyncIterable<Buffer | string> {
  readonly isTTY?: boolean
}

/** What each processor gives, as the vault takes it; and where a person finds it. */
const FIELDS = {
  stripe: {
    secret_key: 'the secret or restricted key, from the developers’ pages of Stripe',
    webhook_secret: 'the signing secret, which Stripe shows for the webhook’s endpoint',
  },
  paypal: {
    client_id: 'of the app, from the developers’ pages of PayPal',
    client_secret: 'of the app, from the developers’ pages of PayPal',
    webhook_id: 'what PayPal calls the webhook, on the page of the app',
  },
} as const satisfies Record<ProcessorName, Record<string, string>>

/** More than any credentials are; whatever is longer is another file. */
const CHARACTERS_MAX = 10_000

/**
 * @returns What the file, or else standard input, holds.
 * @throws {Sentence} There is nothing, or others can read the file. Nothing of it is repeated.
 */
export async function readCredentials(
  input: Input | undefined,
  { file, cwd }: { readonly file: string | undefined; readonly cwd: string },
): Promise<string> {
  if (file !== undefined) return readSecretFile(resolve(cwd, file), 'The file that --file names')
  // What is typed at a terminal stays on the screen, and in its scrollback.
  if (!input || input.isTTY) {
    throw new Sentence('Name a file with --file, or send the credentials to standard input: they are not typed here.')
  }
  let text = ''
  for await (const chunk of input) {
    text += chunk.toString()
    if (text.length > CHARACTERS_MAX) throw new Sentence('What stands on standard input is too long for credentials.')
  }
  if (text.trim() === '') throw new Sentence('Standard input is empty.')
  return text
}

/**
 * Reads lines of `name=value`.
 *
 * @param address What is entered at the processor, for whoever has no webhook there yet.
 * @throws {Sentence} A line is none, or something is missing. No value is repeated, nor is a name that may be one.
 */
export function parseCredentials(name: ProcessorName, text: string, address: string): object {
  const fields: Record<string, string> = FIELDS[name]
  const values = new Map<string, string[]>()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue
    const at = line.indexOf('=')
    const field = line.slice(0, Math.max(at, 0)).trim()
    const value = line.slice(at + 1).trim()
    if (!Object.hasOwn(fields, field) || value === '') {
      const known = Object.keys(fields).map((known) => `${known}=…`)
      throw new Sentence(`Line ${index + 1} is none of ${known.join(', ')}, one a line.`)
    }
    values.set(field, [...(values.get(field) ?? []), value])
  }
  for (const [field, meaning] of Object.entries(fields)) {
    const given = values.get(field)?.length ?? 0
    if (given === 0) {
      const first = field.startsWith('webhook') ? ` Enter the webhook’s address there first: ${address}` : ''
      throw new Sentence(`${field} is missing: ${meaning}.${first}`)
    }
    const most = field === 'webhook_secret' ? 2 : 1
    if (given > most) throw new Sentence(`${field} stands there ${given} times; at most ${most} is taken.`)
  }
  const one = (field: string): string => values.get(field)?.[0] as string
  return name === 'stripe'
    ? { stripe: { secret_key: one('secret_key'), webhook_secrets: values.get('webhook_secret') } }
    : {
        paypal: {
          client_id: one('client_id'),
          client_secret: one('client_secret'),
          webhook_id: one('webhook_id'),
        },
      }
}

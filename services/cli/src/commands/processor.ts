import type { Environment } from '../config.ts'
import { Sentence } from '../sentence.ts'
import { vaultApi } from '../vault-access.ts'
import type { Command } from './command.ts'
import {
  type Input,
  PROCESSORS,
  type ProcessorName,
  parseCredentials,
  readCredentials,
} from './processor-credentials.ts'

export interface PutOptions {
  readonly file?: string
  readonly replace?: boolean
}

/** As the vault answers it: nothing whole. */
interface Masked {
  readonly processor: ProcessorName
  readonly mode: 'test' | 'live'
  readonly version: number
  readonly stripe?: { readonly secret_key: string; readonly webhook_secrets: number }
  readonly paypal?: { readonly client_id: string; readonly webhook_id: string }
  readonly updated_at: string
}

interface Listed {
  readonly data: readonly Masked[]
  readonly webhook_paths: Readonly<Record<ProcessorName, string>>
}

const ROLE = 'admin'
const TITLES: Readonly<Record<ProcessorName, string>> = { stripe: 'Stripe', paypal: 'PayPal' }

/** `kontor processor list` */
export async function listProcessors(command: Command, env: Environment): Promise<number> {
  const listed = await vaultApi(command, env, ROLE).get<Listed>('/v1/processors')
  const lines = listed.data.map(
    (shown) =>
      `${shown.processor}  ${shown.mode}  version ${shown.version}  ${maskOf(shown)}  since ${shown.updated_at}`,
  )
  command.screen.result(listed, [
    ...(lines.length === 0 ? ['No processor has credentials yet: kontor processor put gives them.'] : lines),
    '',
    ...PROCESSORS.map((name) => `Webhook at ${TITLES[name]}: ${addressOf(command, listed, name)}`),
  ])
  return 0
}

/** `kontor processor put`: whoever replaces credentials says so, for charges depend on what is there. */
export async function putProcessor(
  command: Command,
  { env, input }: { readonly env: Environment; readonly input: Input | undefined },
  name: ProcessorName,
  { file, replace }: PutOptions,
): Promise<number> {
  const api = vaultApi(command, env, ROLE)
  const text = await readCredentials(input, { file, cwd: command.config.cwd })
  const listed = await api.get<Listed>('/v1/processors')
  const address = addressOf(command, listed, name)
  const credentials = parseCredentials(name, text, address)
  const before = listed.data.find(({ processor }) => processor === name)
  if (before && !replace) {
    throw new Sentence(
      `${TITLES[name]} has credentials already (${maskOf(before)}, version ${before.version}): say --replace if these are to take their place.`,
    )
  }
  const shown = await api.put<Masked>(`/v1/processors/${name}`, credentials, before?.version)
  command.screen.result({ ...shown, webhook_path: listed.webhook_paths[name] }, [
    `${TITLES[name]} has credentials for ${shown.mode} mode: ${maskOf(shown)}, version ${shown.version}.`,
    `Enter this address there as the webhook’s, unless it is: ${address}`,
  ])
  return 0
}

/** `kontor processor delete` */
export async function deleteProcessor(command: Command, env: Environment, name: ProcessorName): Promise<number> {
  await vaultApi(command, env, ROLE).delete(`/v1/processors/${name}`)
  command.screen.result({ processor: name, deleted: true }, [
    `${TITLES[name]} has no credentials: nothing is charged there, and what it tells is refused.`,
  ])
  return 0
}

/** Where a processor reaches invoicing only its operator knows; an address within the house is none. */
function addressOf({ config }: Command, { webhook_paths }: Listed, name: ProcessorName): string {
  const { invoicingUrl } = config.services
  const base = invoicingUrl?.startsWith('https://') ? invoicingUrl.replace(/\/+$/, '') : 'https://<invoicing>'
  return `${base}${webhook_paths[name]}`
}

const maskOf = ({ stripe, paypal }: Masked): string =>
  stripe
    ? `${stripe.secret_key}, ${stripe.webhook_secrets} webhook secret${stripe.webhook_secrets === 1 ? '' : 's'}`
    : `${paypal?.client_id}, webhook ${paypal?.webhook_id}`

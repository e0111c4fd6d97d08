import type { Record } from './caller.ts'
import type { RunningDemo } from './demo.ts'
import { IGNORED, MALFORMED, type Shape, shaped } from './malformed-requests.ts'
import type { MarkMaker } from './marks.ts'
import { exchange, type RawAnswer, requestBytes } from './raw-http.ts'
import { type Known, type Refused, refusedByInvoicing, refusedByVault } from './refused-requests.ts'

/** An answer that was not what it had to be. */
export interface Unexpected {
  readonly request: string
  readonly status: number | undefined
}

const AT_ONCE = 4

/** Sends every bad request, with a number of its own, to both services. @returns Answers that are no refusals, or other ones. */
export async function barrage(demo: RunningDemo, make: MarkMaker, known: Known, record: Record): Promise<Unexpected[]> {
  const sendings = [...malformed(demo, make), ...refusals(demo, make, known)]
  const unexpected: Unexpected[] = []
  const rest = sendings.values()
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (const { request, baseUrl, bytes, breaksOff, isExpected } of rest) {
        const answer = await exchange(baseUrl, bytes, breaksOff)
        record(`answer to ${request}`, answer.bytes)
        if (!isExpected(answer)) unexpected.push({ request, status: answer.status })
      }
    }),
  )
  return unexpected
}

interface Sending {
  readonly request: string
  readonly baseUrl: string
  readonly bytes: Buffer
  readonly breaksOff: boolean
  readonly isExpected: (answer: RawAnswer) => boolean
}

/** Node.js closes some connections without a word. */
const isRefusal = ({ status }: RawAnswer) => status === undefined || (status >= 400 && status < 500)
const isNoDefect = ({ status }: RawAnswer) => status !== undefined && status < 500

function malformed({ vaultUrl, invoicingUrl, keys }: RunningDemo, make: MarkMaker): Sending[] {
  const services = [
    { service: 'vault', baseUrl: vaultUrl, apiKey: keys.vault, route: '/v1/tokens' },
    { service: 'invoicing', baseUrl: invoicingUrl, apiKey: keys.invoicing, route: '/v1/accounts' },
  ]
  const sending = (shape: Shape, isExpected: Sending['isExpected']) =>
    services.flatMap(({ service, baseUrl, apiKey, route }) =>
      (['card', 'iban'] as const).map((kind): Sending => {
        const request = `${kind} in ${shape[0]} to ${service}`
        return { request, baseUrl, ...shaped(shape, make[kind](request), route, apiKey), isExpected }
      }),
    )
  return [
    ...MALFORMED.flatMap((shape) => sending(shape, isRefusal)),
    ...IGNORED.flatMap((shape) => sending(shape, isNoDefect)),
  ]
}

function refusals({ vaultUrl, invoicingUrl, keys, tenantId }: RunningDemo, make: MarkMaker, known: Known): Sending[] {
  const sending =
    (service: string, baseUrl: string, apiKey: string) =>
    ([wrong, status, request]: Refused): Sending => ({
      request: `${service} refuses ${wrong}`,
      baseUrl,
      bytes: requestBytes(request, apiKey),
      breaksOff: false,
      isExpected: (answer) => answer.status === status,
    })
  return [
    ...refusedByVault(make, { service: keys.service, tenantId }).map(sending('vault', vaultUrl, keys.vault)),
    ...refusedByInvoicing(make, known).map(sending('invoicing', invoicingUrl, keys.invoicing)),
  ]
}

import { exchange, type RawRequest, requestBytes } from './raw-http.ts'

/** Takes whatever was answered, to be searched. */
export type Record = (where: string, answer: Uint8Array) => void

/** Somebody who calls a service rightly. */
export function caller(service: string, baseUrl: string, apiKey: string, record: Record) {
  return async (request: RawRequest): Promise<{ status: number | undefined; text: string }> => {
    const { status, bytes } = await exchange(baseUrl, requestBytes({ method: 'GET', ...request }, apiKey))
    record(`answer of ${service} to ${request.method ?? 'GET'} ${request.target.split('?')[0]}`, bytes)
    const text = bytes.toString('utf8')
    return { status, text: text.slice(text.indexOf('\r\n\r\n') + 4) }
  }
}

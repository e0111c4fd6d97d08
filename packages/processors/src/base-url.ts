const THIS_MACHINE = new Set(['127.0.0.1', '[::1]', 'localhost'])

/** Whether a payer may be sent there: over https, or to a fake on this machine. An answer decides about no other scheme. */
export function isPayerUrl(text: unknown): text is string {
  if (typeof text !== 'string' || text.length > 4000 || !URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return protocol === 'https:' || (protocol === 'http:' && THIS_MACHINE.has(hostname))
}

/**
 * Checks where a processor is, once, when it is configured.
 *
 * @returns The URL without a slash at its end; a path in it is kept, because a mock server may stand behind one.
 * @throws {TypeError} It is not a URL, or one that would carry card numbers in the open. The message does not repeat it.
 */
export function checkedBaseUrl(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.username || url.search || url.hash)
    throw new TypeError('the base URL of the processor is not one like https://api.example.com')
  if (url.protocol === 'http:' && !THIS_MACHINE.has(url.hostname))
    throw new TypeError('a processor is reached over https, unless it runs on this machine')
  return url.href.replace(/\/+$/, '')
}

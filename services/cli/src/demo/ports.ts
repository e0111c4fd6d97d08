import { createServer } from 'node:net'
import { Sentence } from '../sentence.ts'

export const LOOPBACK = '127.0.0.1'

/** Where the services listen unless something else does. */
const USUAL_PORTS = { vault: 7701, invoicing: 7702 } as const

export interface Ports {
  readonly vault: number
  readonly invoicing: number
}

/**
 * Chooses the services' ports: the ones that were asked for, else the usual ones, else free ones.
 *
 * @throws {Sentence} A port that was asked for is taken.
 */
export async function choosePorts(asked: { readonly [service in keyof Ports]: number | undefined }): Promise<Ports> {
  if (asked.vault !== undefined && asked.vault === asked.invoicing) {
    throw new Sentence('VAULT_PORT and INVOICING_PORT are the same port.')
  }
  const vault = asked.vault === undefined ? undefined : await askedPort('VAULT_PORT', asked.vault)
  const invoicing = asked.invoicing === undefined ? undefined : await askedPort('INVOICING_PORT', asked.invoicing)
  const first = vault ?? (await usualOrFree('vault', [invoicing]))
  return { vault: first, invoicing: invoicing ?? (await usualOrFree('invoicing', [first])) }
}

async function askedPort(setting: string, port: number): Promise<number> {
  const error = await tryPort(port)
  if (error === 'EADDRINUSE')
    throw new Sentence(`Port ${port} is taken: stop what listens there, or set ${setting} to another.`)
  if (typeof error === 'string')
    throw new Sentence(`Port ${port} cannot be used (${error}): set ${setting} to another.`)
  return port
}

async function usualOrFree(service: keyof Ports, taken: readonly (number | undefined)[]): Promise<number> {
  const usual = USUAL_PORTS[service]
  if (!taken.includes(usual) && typeof (await tryPort(usual)) === 'number') return usual
  for (;;) {
    const free = await tryPort(0)
    if (typeof free === 'string') throw new Sentence(`No free port was found (${free}).`)
    if (!taken.includes(free)) return free
  }
}

/** @returns The port that could be listened on, or the code of the error. */
function tryPort(port: number): Promise<number | string> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    probe.listen({ port, host: LOOPBACK, exclusive: true }, () => {
      const address = probe.address()
      const found = typeof address === 'object' && address ? address.port : port
      probe.close(() => resolve(found))
    })
  })
}

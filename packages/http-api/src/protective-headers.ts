import helmet from '@fastify/helmet'
import { fastify } from 'fastify'

/** What helmet sends is the same for every answer, so it is asked once: asked each time, it costs more than the log line. */
export async function protectiveHeaders(): Promise<Record<string, string>> {
  const empty = fastify()
  const bare = await empty.inject('/')
  await empty.close()
  const helmeted = fastify()
  await helmeted.register(helmet, { contentSecurityPolicy: { directives: { defaultSrc: ["'none'"] } } })
  const { headers } = await helmeted.inject('/')
  await helmeted.close()
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (name in bare.headers ? [] : [[name, String(value)]])),
  )
}

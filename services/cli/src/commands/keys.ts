import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import type { Environment } from '../config.ts'
import { type AdministrationApi, Refused } from '../job/api-client.ts'
import { Sentence } from '../sentence.ts'
import { vaultApi } from '../vault-access.ts'
import type { Command } from './command.ts'

export interface RootOption {
  readonly root?: boolean
}

export interface JobOptions {
  readonly wait?: boolean
}

export interface DestroyOptions {
  /** Id of a root key. */
  readonly root?: string
}

/** As the vault answers it. */
interface KeyVersion {
  readonly version: number
  readonly state: 'current' | 'retired' | 'destroyed'
  readonly root_kid: string
  readonly deks: number
  readonly wraps_secret: boolean
  readonly created_at: string
  readonly destroyed_at: string | null
}

interface Job {
  readonly id: string
  readonly kind: 'rewrap' | 'reseal'
  readonly state: 'waiting' | 'running' | 'done' | 'failed'
  readonly done: number
  readonly total: number
  readonly failures: number
  readonly rate: number
  readonly eta_seconds: number | null
  readonly created_at: string
}

interface Page<T> {
  readonly data: readonly T[]
  readonly next_after: string | number | null
}

const ROLE = 'custodian'
const LOOK_EVERY_MS = 1_000

/** `kontor keys list` */
export async function listKeys(command: Command, env: Environment): Promise<number> {
  const api = vaultApi(command, env, ROLE)
  const versions = await readAll<KeyVersion>(api, '/v1/keys')
  command.screen.result({ data: versions }, versions.map(lineOfVersion))
  return 0
}

/** `kontor keys rotate` */
export async function rotateKey(command: Command, env: Environment): Promise<number> {
  const api = vaultApi(command, env, ROLE)
  const made = await api.post<KeyVersion>('/v1/keys/rotate', randomUUID())
  command.screen.result(made, [
    `Version ${made.version} of the key is the current one, and wraps everything new from now on.`,
    'What is older stays under its version until kontor keys rewrap is done.',
  ])
  return 0
}

/** `kontor keys status` */
export async function showJobs(command: Command, env: Environment): Promise<number> {
  const { data } = await vaultApi(command, env, ROLE).get<Page<Job>>('/v1/key-jobs?limit=20')
  const lines = data.map((job) => `${job.id}  ${job.created_at}  ${job.kind}  ${lineOfJob(job)}`)
  command.screen.result({ data }, lines.length > 0 ? lines : ['There was no job yet.'])
  return 0
}

/** `kontor keys rewrap` and `kontor keys reseal`: starts the job, and follows it if that is wanted. */
export async function startJob(
  command: Command,
  env: Environment,
  kind: Job['kind'],
  { wait }: JobOptions,
): Promise<number> {
  const api = vaultApi(command, env, ROLE)
  const started = await api.post<Job>('/v1/key-jobs', randomUUID(), { kind }).catch(alreadyRunning)
  if (!wait) {
    command.screen.result(started, [`The job ${started.id} is under way; kontor keys status shows how far it is.`])
    return 0
  }
  const ended = await follow(command, api, started)
  command.screen.result(ended, [`The job ${ended.id} has ended: ${lineOfJob(ended)}`])
  return ended.state === 'done' ? 0 : 1
}

/** `kontor keys destroy VERSION` */
export async function destroyKey(
  command: Command,
  env: Environment,
  version: string | undefined,
  { root }: DestroyOptions,
): Promise<number> {
  if (root !== undefined || version === undefined) throw new Sentence('Give either a VERSION or --root KID.')
  if (!/^[1-9]\d{0,8}$/.test(version)) throw new Sentence('A version is a number like 3, as kontor keys list shows it.')
  const api = vaultApi(command, env, ROLE)
  const path = `/v1/keys/${version}/destroy`
  const gone = await api.post<KeyVersion & { certificate: string }>(path, randomUUID()).catch(notDestroyed)
  command.screen.result(gone, [
    `Version ${gone.version} of the key was destroyed at ${gone.destroyed_at}. This is the certificate:`,
    '',
    gone.certificate,
  ])
  return 0
}

async function follow({ screen, stop }: Command, api: AdministrationApi, started: Job): Promise<Job> {
  let job = started
  while (job.state === 'waiting' || job.state === 'running') {
    screen.progress(`${job.kind}  ${lineOfJob(job)}`)
    await pause(LOOK_EVERY_MS, undefined, { signal: stop.signal })
    job = await api.get<Job>(`/v1/key-jobs/${job.id}`)
  }
  return job
}

async function readAll<T>(api: AdministrationApi, path: string): Promise<T[]> {
  const all: T[] = []
  let after: string | number | null = null
  do {
    const query: string = after === null ? '?limit=200' : `?limit=200&after=${after}`
    const page: Page<T> = await api.get<Page<T>>(`${path}${query}`)
    all.push(...page.data)
    after = page.next_after
  } while (after !== null)
  return all
}

function lineOfVersion(key: KeyVersion): string {
  const state = key.destroyed_at === null ? key.state : `destroyed ${key.destroyed_at}`
  const wraps = `${key.deks} data keys${key.wraps_secret ? ' and the secret' : ''}`
  return `version ${key.version}  ${state}  made ${key.created_at}  wraps ${wraps}  under ${key.root_kid}`
}

function lineOfJob({ state, done, total, failures, rate, eta_seconds }: Job): string {
  const left = eta_seconds === null ? '' : `, ${rate} a second, about ${eta_seconds} s to go`
  const broken = failures === 0 ? '' : `; the data of ${failures} customers does not open and was left as it was`
  return `${state}: ${done} of ${total}${left}${broken}.`
}

function alreadyRunning(error: unknown): never {
  if (error instanceof Refused && error.problem.code === 'key_job_running') {
    throw new Sentence('Such a job is under way already: kontor keys status shows how far it is.')
  }
  throw error
}

function notDestroyed(error: unknown): never {
  if (!(error instanceof Refused)) throw error
  const { code, deks, secret } = error.problem as typeof error.problem & { deks?: number; secret?: boolean }
  if (code === 'key_is_current') throw new Sentence('The current version is never destroyed: rotate and rewrap first.')
  if (code === 'not_found') throw new Sentence('There is no such version: kontor keys list shows them.')
  if (code !== 'key_in_use') throw error
  const wraps = `${deks} data keys${secret ? ' and the secret of fingerprints' : ''}`
  throw new Sentence(`The version still wraps ${wraps}: run kontor keys rewrap first.`)
}

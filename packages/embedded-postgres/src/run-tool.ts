import { type SpawnOptions, spawn } from 'node:child_process'

/** Whom a child process runs as; undefined for the user of this process. */
export interface ServerUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** A tool ended with an error; the message is what it printed. */
export class ToolFailed extends Error {
  constructor(tool: string, printed: string) {
    super(printed.trim() || `${tool} ended without saying why`)
    this.name = 'ToolFailed'
  }
}

/**
 * What every child gets, and nothing else: PG… variables of the caller would redirect PostgreSQL's programs, and its messages
 * must be in English to be understood here.
 */
export function childOptions(user: ServerUser | undefined, cwd: string): SpawnOptions {
  const env = { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }
  return { cwd, env, windowsHide: true, ...(user ? { uid: user.uid, gid: user.gid } : {}) }
}

/**
 * Runs a program to its end.
 *
 * @returns What it printed to its standard output.
 * @throws {ToolFailed} It ended with another code than 0.
 */
export function runTool(
  file: string,
  args: readonly string[],
  { user, cwd = '/' }: { readonly user?: ServerUser | undefined; readonly cwd?: string } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { ...childOptions(user, cwd), stdio: ['ignore', 'pipe', 'pipe'] })
    const printed: Buffer[] = []
    const complained: Buffer[] = []
    child.stdout?.on('data', (chunk: Buffer) => printed.push(chunk))
    child.stderr?.on('data', (chunk: Buffer) => complained.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(printed).toString())
      else reject(new ToolFailed(file, Buffer.concat([...printed, ...complained]).toString()))
    })
  })
}

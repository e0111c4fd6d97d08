import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { compiled } from '../support/compiled.ts'

const MAIN = fileURLToPath(new URL('../../services/cli/src/main.ts', import.meta.url))
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** What a command that has ended left. */
export interface Ended {
  /** `null` after a signal that it did not handle. */
  readonly code: number | null
  readonly out: string
  readonly err: string
}

export interface Running {
  readonly process: ChildProcess
  readonly ended: Promise<Ended>
  /** Settles when a text stands on standard output; fails if the command ends without it. */
  prints(text: string): Promise<void>
}

/** A folder for one demo, removed after the test. */
export function temporaryHome(t: { teardown(undo: () => void): void }): string {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-e2e-'))
  const home = join(folder, 'home')
  t.teardown(() => {
    // For root the database is kept elsewhere, and a link leads to it.
    const cluster = join(home, 'postgres/cluster')
    if (existsSync(cluster)) rmSync(realpathSync(cluster), { recursive: true, force: true })
    rmSync(folder, { recursive: true, force: true })
  })
  return home
}

/** Starts the command as a person would, in a process group of its own, with an environment that says nothing else. */
export function kontor(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: ROOT,
    detached: true,
    env: { ...compiled(), PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const printed = { out: '', err: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed.out += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    printed.err += text
  })
  const ended = once(child, 'close').then(([code]): Ended => ({ code, ...printed }))
  return {
    process: child,
    ended,
    prints: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (printed.out.includes(text)) resolve()
        }
        child.stdout.on('data', look)
        look()
        ended.then(({ err }) => reject(new Error(`it ended without printing ${JSON.stringify(text)}: ${err}`)), reject)
      }),
  }
}

/** Processes as the kernel lists them; elsewhere than on Linux as `ps` does. A small Linux has no `ps`. */
function processes(): readonly { pid: number; parent: number; state: string }[] {
  if (existsSync('/proc/self/stat')) {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          // The command's name stands in brackets and may hold anything; what follows it is state and parent.
          const [state = '', parent] = readFileSync(`/proc/${pid}/stat`, 'utf8')
            .replace(/^.*\) /s, '')
            .split(' ')
          return [{ pid: Number(pid), parent: Number(parent), state }]
        } catch {
          return []
        }
      })
  }
  return execFileSync('ps', ['-A', '-o', 'pid=', '-o', 'ppid=', '-o', 'stat='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => {
      const [pid, parent, state = ''] = line.trim().split(/\s+/)
      return { pid: Number(pid), parent: Number(parent), state }
    })
}

/** @returns The ids of a process's children and theirs. */
export function descendantsOf(pid: number): number[] {
  const all = processes()
  const childrenOf = (parent: number): number[] =>
    all.filter((one) => one.parent === parent).flatMap((one) => [one.pid, ...childrenOf(one.pid)])
  return childrenOf(pid)
}

/** @returns Which of the processes still run after a while. One that has ended but was not yet fetched by its parent does not. */
export async function survivorsOf(pids: readonly number[]): Promise<readonly number[]> {
  const GRACE_MS = 5_000
  const startedMs = performance.now()
  for (;;) {
    const survivors = pids.filter(runs)
    if (survivors.length === 0 || performance.now() - startedMs > GRACE_MS) return survivors
    await wait(50)
  }
}

function runs(pid: number): boolean {
  const found = processes().find((one) => one.pid === pid)
  return found !== undefined && !found.state.startsWith('Z')
}

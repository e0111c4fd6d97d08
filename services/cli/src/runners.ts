import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

const LOOK_EVERY_MS = 500

/**
 * Watches the package runners that started this process. One that is killed takes nothing with it, and what it started would
 * run on unseen. Needs procfs; elsewhere it does nothing.
 *
 * @param onGone Called once, when one of those that were there at the start is gone.
 */
export function watchRunners(onGone: () => void): void {
  const atStart = runnersAbove().length
  if (atStart === 0) return
  const timer = setInterval(() => {
    if (runnersAbove().length >= atStart) return
    clearInterval(timer)
    onGone()
  }, LOOK_EVERY_MS)
  timer.unref()
}

interface Ancestor {
  readonly pid: number
  readonly kind: 'runner' | 'shell'
}

/** @returns The ids up to the topmost runner. Shells in between are its own; one above it is a person's, and may end. */
function runnersAbove(): number[] {
  const ancestors: Ancestor[] = []
  for (let next = inspect(process.ppid); next; next = inspect(next.parent)) ancestors.push(next)
  const top = ancestors.findLastIndex(({ kind }) => kind === 'runner')
  return ancestors.slice(0, top + 1).map(({ pid }) => pid)
}

/** @returns `undefined` for a process that is neither runner nor shell, or gone. */
function inspect(pid: number): (Ancestor & { readonly parent: number }) | undefined {
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split(/[\0 ]/)
    // See proc_pid_stat(5): the parent is the second field after the name in parentheses, which may hold blanks itself.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    const kind = kindOf(words)
    return kind && { pid, parent, kind }
  } catch {
    return undefined
  }
}

/** @param words Of a command line. A runner puts its own name first, or is a script that node runs. */
export function kindOf(words: readonly string[]): Ancestor['kind'] | undefined {
  const [program = '', script = ''] = words.map((word) => basename(word))
  const name = program === 'node' ? script : program
  if (/^(npm|npx|pnpm)(-cli)?(\.[cm]?js)?$/.test(name)) return 'runner'
  return /^(ba|da|z)?sh$/.test(program) && script === '-c' ? 'shell' : undefined
}

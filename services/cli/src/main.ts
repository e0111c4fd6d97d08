#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { CommanderError } from 'commander'
import { readConfig } from './config.ts'
import { buildProgram } from './program.ts'
import { Stopped } from './stop-request.ts'

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

/** @returns The exit code: 0, 1 for what went wrong, 2 for a command line that is none, 128 + n for signal n. */
async function main(): Promise<number> {
  let exitCode = 0
  const program = buildProgram({
    env: process.env,
    cwd: process.cwd(),
    out: process.stdout,
    err: process.stderr,
    input: process.stdin,
    version,
    onExitCode: (code) => {
      exitCode = code
    },
  })
  try {
    await program.parseAsync(process.argv)
    return exitCode
  } catch (error) {
    return await report(error)
  }
}

async function report(thrown: unknown): Promise<number> {
  // When tidying up fails too, what failed first says more.
  const error = thrown instanceof SuppressedError ? thrown.suppressed : thrown
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof Stopped) {
    process.stderr.write('kontor: stopped before it was done.\n')
    return error.exitCode
  }
  const { sentenceFor } = await import('./failure.ts')
  const sentence = await sentenceFor(error, homeFolder())
  if (sentence !== undefined) process.stderr.write(`kontor: ${sentence}\n`)
  else process.stderr.write(`kontor: this is a defect of Kontor itself.\n${describe(error)}\n`)
  return 1
}

function homeFolder(): string {
  try {
    return readConfig(process.env, process.cwd()).home
  } catch {
    return process.cwd()
  }
}

const describe = (error: unknown): string => (error instanceof Error ? (error.stack ?? error.message) : String(error))

process.exit(await main())

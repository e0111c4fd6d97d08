import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { REPOSITORY } from '../support/test-server.ts'
import { type Figure, figureOf, type Round, timeFigure } from './figure.ts'

const run = promisify(execFile)

/** What the vault computes for each token: the seal and both fingerprints. */
export async function measureSeal({ rounds }: { readonly rounds: number }): Promise<Figure> {
  return timeFigure('vault.seal', 40, await measured<number[]>('services/vault/test/time-seal.ts', rounds))
}

/** A page of an invoice beside a bare page of pdfkit. */
export async function measurePage({ rounds }: { readonly rounds: number }): Promise<Figure> {
  const pairs = await measured<{ ours: Round; bare: Round }[]>('packages/invoice-pdf/src/testing/time-page.ts', rounds)
  return figureOf({ name: 'pdf.page', goal: 0.5, baselineUnit: 'pages/s' }, pairs)
}

/** Measures pure computing in a process of its own, which nothing else has filled or warmed. */
async function measured<Result>(script: string, rounds: number): Promise<Result> {
  const { stdout } = await run(process.execPath, [join(REPOSITORY, script), String(rounds)], { cwd: REPOSITORY })
  return JSON.parse(stdout) as Result
}

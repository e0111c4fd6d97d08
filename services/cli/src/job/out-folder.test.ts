import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { openOutFolder, pdfNames } from './out-folder.ts'

function temporary(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kontor-out-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return join(folder, 'out')
}

test('a file is for its owner only and replaces the one of an earlier run', async (t) => {
  const out = await openOutFolder(temporary(t))
  await out.save('a.json', 'first')
  const file = await out.save('a.json', new Blob(['second']).stream())
  t.is(readFileSync(file, 'utf8'), 'second')
  t.is(statSync(file).mode & 0o777, 0o600)
})

test('a download that breaks off leaves the earlier file, and no half of a new one', async (t) => {
  const out = await openOutFolder(temporary(t))
  const file = await out.save('a.pdf', 'whole')
  const broken = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(new Uint8Array([1]))
      controller.error(new Error('gone'))
    },
  })
  await t.throwsAsync(out.save('a.pdf', broken), { message: 'gone' })
  t.is(readFileSync(file, 'utf8'), 'whole')
  t.deepEqual(readdirSync(out.path), ['a.pdf'])
  t.false(existsSync(`${file}.unfinished`))
})

test('a PDF is named after its order; the same name from another folder gets a number', (t) => {
  t.deepEqual(pdfNames(['a.json', 'b.json', 'A.json', 'a-2.json', 'a.json']), [
    'a.pdf',
    'b.pdf',
    'A-2.pdf',
    'a-2-2.pdf',
    'a-3.pdf',
  ])
})

test('an order whose file has the longest name there is gets its PDF too', async (t) => {
  const out = await openOutFolder(temporary(t))
  const names = [`${'n'.repeat(250)}.json`, `${'n'.repeat(249)}m.json`, `${'ä'.repeat(125)}.json`]
  const pdfs = pdfNames(names)
  t.is(new Set(pdfs).size, names.length)
  for (const pdf of pdfs) await t.notThrowsAsync(out.save(pdf, 'x'))
})

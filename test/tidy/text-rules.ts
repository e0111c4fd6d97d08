import { forbid, type Rule } from './rule.ts'

/** Names with a dot in front are not among `**`. */
const EVERYTHING = ['**/*', '.*', '.ci/*', '**/.*']
/** What people write and read. The orders are others' documents, kept as they were published. */
const WRITTEN = [...EVERYTHING, '!pnpm-lock.yaml', '!test/fixtures/{orders,broken-orders}/*.json']
const SOURCE = ['**/*.ts', '**/*.sql', '**/*.js', '.ci/*']

/** Patterns that must stand nowhere, comments included. */
export const TEXT_RULES: readonly Rule[] = [
  forbid({
    because: 'what is left to do stands in the tracker, and is not left behind in a file',
    files: WRITTEN,
    forbidden: /\b(TODO|FIXME|HACK)\b|\bXXX:/,
    comments: true,
    at: 'packages/money/src/totals.ts',
    planted: ['// TODO round', '/* FIXME */', '// XXX: wrong'],
    innocent: ["const none = 'XXX' // ISO 4217: no currency"],
  }),
  forbid({
    because: 'a comment names no ticket: it says itself what the ticket would say',
    files: SOURCE,
    forbidden: /(\/\/|\*|--|#)[^\n]*(\b(issue|ticket|bug|PR|pull request|milestone)\s+#?\d+|(^|[\s(])#\d+\b)/i,
    comments: true,
    at: 'packages/money/src/totals.ts',
    planted: ['// see issue 12', ' * fixes #34', '-- ticket 7', '// (#56)'],
    innocent: ['// RFC 9562, 5.7', '#private = 1', "const colour = '#123456'", '// pg issue: none'],
  }),
  forbid({
    because: 'no path of one machine stands anywhere',
    files: WRITTEN,
    forbidden: /(?<![\w.$}*/-])\/(root|home|Users|tmp|work|workspace|mnt)\/[\w.$-]|\b[A-Z]:\\\\?Users\\/,
    comments: true,
    at: 'test/support/run.ts',
    planted: ["readFile('/home/me/order.json')", '# cd /workspace/main', 'C:\\Users\\me', '`/tmp/out`'],
    innocent: [
      "join(tmpdir(), 'kontor')",
      'https://example.org/home/page',
      "'/v1/home'",
      'a folder such as /root (0700)',
    ],
  }),
  forbid({
    because: 'packages come from wherever the reader’s npm gets them',
    files: EVERYTHING,
    forbidden:
      /\bregistry\.(?!open|get|set|has|register)[a-z0-9-]+\.[a-z]{2,}|\b(verdaccio|artifactory|sonatype)\b|\b_authToken\b|^\s*registry\s*=|\btarball: *https?:|--registry\b|\/\/(10\.\d{1,3}|192\.168|172\.(1[6-9]|2\d|3[01]))(\.\d{1,3}){2}\b/im,
    comments: true,
    at: '.npmrc',
    planted: [
      'registry=https://packages.example',
      '    resolution: {tarball: https://packages.example/a.tgz}',
      '# see registry.packages.example/knex',
      'npm install --registry http://a',
      'http://10.1.2.3:4873',
      'http://192.168.1.7/',
    ],
    innocent: ['http://127.0.0.1:7701', 'the trade registry', "version: '10.1.2'"],
  }),
  forbid({
    because: 'the repository speaks of Kontor, and not of how or by whom it was written',
    files: WRITTEN,
    forbidden:
      /\b(AI|machine|auto)[- ](generated|written|assisted)\b|\b(large )?language models?\b|\bLLMs?\b|\b(chat ?gpt|openai|anthropic|claude|copilot|codex)\b|\bas an AI\b|\b(sub-?agents?|co-?workers?' briefs?)\b|\b(this|last|previous|earlier|next) (coding )?session\b|\bthe brief\b|\bprompt (engineering|template)\b|\bsystem prompt\b|\bco-authored-by\b|\bgenerated (by|with) (an? )?(AI|model|assistant)\b/i,
    comments: true,
    at: 'docs/notes.md',
    planted: [
      'This file is AI-generated.',
      'written by a language model',
      '// as the brief says',
      'decided in an earlier session',
      'Co-authored-by: somebody',
    ],
    innocent: [
      'the session runs in UTC',
      'prompt for a password',
      'PGlite has one session',
      'the user agent',
      'a brief description',
      'client generated from openapi.json',
    ],
  }),
  forbid({
    because: 'a commented-out line of code is deleted: the history keeps it',
    files: ['packages/**/*.ts', 'services/**/*.ts', 'test/**/*.ts'],
    forbidden:
      /^\s*\/\/\s*(const|let|import|export|await|return|if \(|for \(|throw)\b[^\n]*([;{}]|\)|from '[^']+')\s*$/m,
    comments: true,
    at: 'packages/money/src/totals.ts',
    planted: ['// const total = sum(lines)', "  // import { sum } from './sum.ts'", '// if (x) {'],
    innocent: ['// return what is left to the caller.', '// If it fails, (and it may) it is done again.'],
  }),
]

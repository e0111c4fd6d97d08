export default {
  extensions: ['ts'],
  files: [
    'packages/*/src/**/*.test.ts',
    'services/*/src/**/*.test.ts',
    'services/*/test/**/*.test.ts',
    'test/**/*.test.ts',
  ],
  timeout: '3m',
}

export { CannotStart } from './cannot-start.ts'
export { type EmbeddedOptions, type EmbeddedServer, startEmbedded } from './start-embedded.ts'

export {
  type ApiKeyMode,
  type ApiKeyService,
  type GeneratedApiKey,
  generateApiKey,
  type PresentedApiKey,
  parseApiKey,
  sameHash,
} from './api-key.ts'

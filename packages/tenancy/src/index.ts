export { createApiKey, createTenant, type NewApiKey, type Tenant } from './admin.ts'
export { keyAuthenticator, principalFinder } from './authenticate.ts'
export { InvalidNetwork, isAddress, parseNetwork } from './networks.ts'
export { KeyNotChanged, listApiKeys, revokeApiKey, rotateApiKey, type StoredApiKey } from './rotation.ts'

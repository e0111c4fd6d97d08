export { keyAuthenticator } from './authenticate.ts'
export { createApiKey, createTenant, type NewApiKey, type Tenant } from './admin.ts'

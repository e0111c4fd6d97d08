export { createApiKey, createTenant, type NewApiKey, type Tenant } from './admin.ts'
export { keyAuthenticator } from './authenticate.ts'

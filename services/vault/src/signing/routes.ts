import { type ApiServer, problemResponses } from '@kontor/http-api'
import Type from 'typebox'
import { forwardedTenant } from '../wire/headers.ts'
import type { Signer } from './signer.ts'

const Text = (description: string) => Type.String({ description })

const SigningKeys = Type.Object({
  keys: Type.Array(
    Type.Object({
      kty: Text('EC.'),
      crv: Text('P-256.'),
      x: Text('Of the point, base64url.'),
      y: Text('Of the point, base64url.'),
      use: Text('sig.'),
      alg: Text('ES256.'),
      kid: Text('RFC 7638 thumbprint; the kid in the header of a statement.'),
    }),
    { description: 'The newest first; a key that no longer signs stays, for what it has signed.' },
  ),
})

/** Every role may read the public keys: whoever got a receipt can verify it. */
export function signingRoutes(app: ApiServer, signer: Signer): void {
  app.get(
    '/v1/signing-keys',
    {
      schema: {
        operationId: 'listSigningKeys',
        tags: ['Audit'],
        summary: 'The public keys of receipts, certificates and checkpoints',
        description: 'A JWK Set (RFC 7517, 5). Keep a copy: with it a statement can be verified without the vault.',
        headers: Type.Object(forwardedTenant),
        response: { 200: SigningKeys, ...problemResponses(401, 403, 503) },
      },
      config: { scope: 'signing_key.read' },
    },
    async () => ({ keys: await signer.publicKeys() }),
  )
}

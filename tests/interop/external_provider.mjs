// SPDX-License-Identifier: Apache-2.0
// An OpenID provider by others (oidc-provider) for pimsd to leave sign-in to, on 127.0.0.1 with TLS.
//   external_provider.mjs PORT CERTIFICATE KEY AUDIENCE FORMAT
// PORT 0 is any. FORMAT is jwt or opaque: of access tokens for AUDIENCE, which clients name as `resource`. Prints its process id and the issuer, then waits.
// POST /test/rotate: new keys, and the other algorithm. /test/lives?seconds=N: of access tokens from now on.
import { generateKeyPairSync, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { Provider } from 'oidc-provider'

const [port, certificate, key, audience, format] = process.argv.slice(2)
let life = 3600

function keys() {
	const pair = (type, options, alg) => ({
		...generateKeyPairSync(type, options).privateKey.export({ format: 'jwk' }), use: 'sig', alg, kid: randomUUID(),
	})
	return { keys: [pair('rsa', { modulusLength: 2048 }, 'RS256'), pair('ec', { namedCurve: 'P-256' }, 'ES256')] }
}

function configuration(algorithm) {
	return {
		jwks: keys(),
		clients: [
			{
				client_id: 'car-app', application_type: 'native', token_endpoint_auth_method: 'none', grant_types: ['authorization_code', 'refresh_token'],
				response_types: ['code'], redirect_uris: ['http://127.0.0.1/callback'],
			},
			{
				client_id: 'pimsd:1', client_secret: 'a secret/with+signs', grant_types: ['client_credentials'], response_types: [], redirect_uris: [],
			},
		],
		claims: { openid: ['sub'], profile: ['preferred_username'], email: ['email', 'email_verified'] },
		scopes: ['openid', 'offline_access', 'car:otp'],
		// the address of an account that pimsd has of its own: it must not open that one
		findAccount: (ctx, id) => ({
			accountId: id, claims: () => ({ sub: id, preferred_username: `${id} of others`, email: 'demo@example.com', email_verified: true }),
		}),
		extraTokenClaims: (ctx, token) => ({ preferred_username: `${token.accountId ?? token.clientId} of others`, email: 'demo@example.com' }),
		issueRefreshToken: async (ctx, client) => client.grantTypeAllowed('refresh_token'),
		rotateRefreshToken: true,
		cookies: { keys: ['test'] },
		ttl: { AccessToken: () => life, ClientCredentials: () => life, Grant: 86400, IdToken: 3600, Interaction: 600, RefreshToken: 86400, Session: 86400 },
		features: {
			devInteractions: { enabled: true },
			clientCredentials: { enabled: true },
			introspection: { enabled: true },
			revocation: { enabled: true },
			resourceIndicators: {
				enabled: true,
				getResourceServerInfo: (ctx, resource) => ({
					audience: resource, scope: 'car:otp', accessTokenFormat: format, jwt: { sign: { alg: algorithm } },
				}),
			},
		},
	}
}

let handler = (request, response) => response.writeHead(503).end()
let algorithm = 'RS256'
const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (request, response) => handler(request, response))
await new Promise(resolve => server.listen(Number(port), '127.0.0.1', resolve))
const issuer = `https://127.0.0.1:${server.address().port}/oidc`

// its tokens are in memory that all providers of a process share
function start() {
	const provider = new Provider(issuer, configuration(algorithm))
	const callback = provider.callback()
	handler = (request, response) => {
		const url = new URL(request.url, issuer)
		if (url.pathname === '/test/rotate') {
			algorithm = algorithm === 'RS256' ? 'ES256' : 'RS256'
			start()
			response.end('rotated\n')
		} else if (url.pathname === '/test/lives') {
			life = Number(url.searchParams.get('seconds'))
			response.end('so be it\n')
		} else if (url.pathname.startsWith('/oidc')) {
			request.originalUrl = request.url
			request.url = request.url.slice('/oidc'.length) || '/'
			callback(request, response)
		} else {
			response.writeHead(404).end()
		}
	}
}
start()
console.log(`${process.pid}\n${issuer}`)

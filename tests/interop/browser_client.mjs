// SPDX-License-Identifier: Apache-2.0
// An application that runs in the browser itself: openid-client in Chromium, on a page of another origin than pimsd's. What the browser lets it read shows where pages of
// other origins may call (docs/PROTOCOL.md §5). Arguments: the issuer of a sandbox, Chromium's program, a directory for its profile.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import { once } from 'node:events'
import * as oidc from 'openid-client'
import { Browser } from './pimsd_browser.mjs'

const [issuer, chromium, profile] = process.argv.slice(2)
const modules = new URL('node_modules/', import.meta.url)
const nested = 'openid-client/node_modules/jose/'
const jose = existsSync(new URL(nested, modules)) ? nested : 'jose/'
const imports = {
	'openid-client': '/openid-client/build/index.js',
	oauth4webapi: '/oauth4webapi/build/index.js',
	'jose/jwe/compact/decrypt': `/${jose}dist/webapi/jwe/compact/decrypt.js`,
	'jose/errors': `/${jose}dist/webapi/util/errors.js`
}

/* This function runs in the page. */
async function application(settings) {
	const client = await import('openid-client')
	const execute = [client.allowInsecureRequests, client.enableNonRepudiationChecks]
	const config = await client.discovery(new URL(settings.issuer), 'pims', undefined, client.None(), { execute })
	const checks = { pkceCodeVerifier: settings.verifier, expectedState: 's', expectedNonce: 'n', idTokenExpected: true }
	const caught = (promise) => promise.then(() => 'nothing', (error) => `${error.constructor.name} ${error.status ?? ''} ${error.error ?? error.cause?.[0]?.parameters?.error ?? ''}`.trim())
	const kept = (path, options) => fetch(settings.issuer + path, options).then((answer) => answer.status, () => 'kept out')

	const tokens = await client.authorizationCodeGrant(config, new URL(settings.callback), checks)
	const subject = tokens.claims().sub
	const seen = { email: (await client.fetchUserInfo(config, tokens.access_token, subject)).email }
	const renewed = await client.refreshTokenGrant(config, tokens.refresh_token)
	seen.account = await kept('/v1/account', { headers: { authorization: `Bearer ${renewed.access_token}` } })
	seen.page = await kept('/am/oauth2/authorize?client_id=pims')
	seen.sandbox = await kept('/sandbox/sms')
	await client.tokenRevocation(config, renewed.refresh_token)
	seen.revoked = await caught(client.fetchUserInfo(config, renewed.access_token, subject))
	seen.refresh = await caught(client.refreshTokenGrant(config, renewed.refresh_token))
	return seen
}

const settings = { issuer, verifier: oidc.randomPKCECodeVerifier() }
const page = () => `<!DOCTYPE html><title>Application</title><script type="importmap">${JSON.stringify({ imports })}</script><script type="module">
	const tell = (value) => fetch('/result', { method: 'POST', body: JSON.stringify(value) })
	;(${application})(${JSON.stringify(settings)}).then(tell, (error) => tell({ failed: String(error), cause: String(error.cause), stack: error.stack }))
</script>`

let tell
const result = new Promise((resolve) => { tell = resolve })
const server = http.createServer(async (request, response) => {
	if (request.method === 'POST') {
		const chunks = []
		for await (const chunk of request) chunks.push(chunk)
		response.end()
		tell(JSON.parse(Buffer.concat(chunks)))
	} else if (request.url.startsWith('/callback')) {
		response.setHeader('content-type', 'text/html').end(page())
	} else {
		const file = new URL(`.${request.url}`, modules)
		if (file.href.startsWith(modules.href) && file.href.endsWith('.js') && existsSync(file)) response.setHeader('content-type', 'text/javascript').end(readFileSync(file))
		else response.writeHead(404).end()
	}
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const redirect = `http://127.0.0.1:${server.address().port}/callback`

// a browser without a screen signs in; Chromium goes on from the redirect
const config = await oidc.discovery(new URL(issuer), 'pims', undefined, oidc.None(), { execute: [oidc.allowInsecureRequests] })
const challenge = await oidc.calculatePKCECodeChallenge(settings.verifier)
const parameters = { redirect_uri: redirect, scope: 'openid email', state: 's', nonce: 'n', code_challenge: challenge, code_challenge_method: 'S256' }
settings.callback = (await new Browser().signIn(oidc.buildAuthorizationUrl(config, parameters))).href

const options = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync', '--disable-component-update', '--disable-dev-shm-usage', '--no-first-run']
const browser = spawn(chromium, [...options, `--user-data-dir=${profile}`, settings.callback], { stdio: 'ignore', detached: true })
const timer = setTimeout(() => tell({ failed: 'the page told nothing' }), 60000)
const seen = await result
clearTimeout(timer)
const gone = once(browser, 'exit')
process.kill(-browser.pid, 'SIGKILL') // with its helpers, which would write to the profile for a moment more
await gone
rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
server.close()
server.closeAllConnections()
assert.deepEqual(seen, {
	email: 'demo@example.com',
	account: 'kept out',
	page: 'kept out',
	sandbox: 'kept out',
	revoked: 'WWWAuthenticateChallengeError 401 invalid_token',
	refresh: 'ResponseBodyError 400 invalid_grant'
})

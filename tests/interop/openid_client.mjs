// SPDX-License-Identifier: Apache-2.0
// pimsd seen by openid-client, which checks what it gets by itself: issuer, state, nonce, iss, signature, times, content types, the form of errors.
// Arguments: the issuer of a sandbox, pimsd and its data directory, a directory for files.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import test from 'node:test'
import * as oidc from 'openid-client'
import { Browser } from './pimsd_browser.mjs'

const [issuer, pimsd, data, work] = process.argv.slice(2)
const redirect = 'http://127.0.0.1:4711/callback'
const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token'

async function discover(id, authentication, options = {}) {
	// the signature of an id_token is checked although it came straight from the server
	const execute = [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks]
	return oidc.discovery(new URL(issuer), id, undefined, authentication, { execute, ...options })
}
const basic = await discover('demo', oidc.ClientSecretBasic('demo'))
const post = await discover('demo', oidc.ClientSecretPost('demo'))
const open = await discover('pims', oidc.None())

/** An authorization request and what is needed to check its answer. */
async function authorization(config, more = {}, pkce = true) {
	const checks = { expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce(), idTokenExpected: true }
	const parameters = { redirect_uri: redirect, scope: 'openid profile email', state: checks.expectedState, nonce: checks.expectedNonce, ...more }
	if (pkce) {
		checks.pkceCodeVerifier = oidc.randomPKCECodeVerifier()
		parameters.code_challenge = await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier)
		parameters.code_challenge_method = 'S256'
	}
	if (more.max_age !== undefined) checks.maxAge = Number(more.max_age)
	return { url: oidc.buildAuthorizationUrl(config, parameters), checks, parameters }
}

/** The same, pushed (RFC 9126). */
async function pushed(config, more = {}, options = {}) {
	const { checks, parameters } = await authorization(config, more)
	return { url: await oidc.buildAuthorizationUrlWithPAR(config, parameters, options), checks }
}

async function signIn(config, browser = new Browser(), more = {}) {
	const { url, checks } = await authorization(config, more)
	const callback = await browser.signIn(url)
	return oidc.authorizationCodeGrant(config, callback, checks)
}

/** The OAuth error that the library made of an answer. */
const oauthError = (status, error) => (caught) => {
	assert.equal(caught.constructor, oidc.ResponseBodyError, caught.stack)
	assert.equal(caught.error, error)
	assert.equal(caught.status, status)
	assert.equal(typeof caught.error_description, 'string')
	return true
}
const challenge = (status, scheme, error) => (caught) => {
	assert.equal(caught.constructor, oidc.WWWAuthenticateChallengeError, caught.stack)
	assert.equal(caught.status, status)
	assert.equal(caught.cause[0].scheme, scheme)
	assert.equal(caught.cause[0].parameters.realm, 'openpims')
	assert.equal(caught.cause[0].parameters.error, error)
	return true
}
const unauthorized = challenge(401, 'bearer', 'invalid_token')
const invalidGrant = oauthError(400, 'invalid_grant')

/* --- negative cases ------------------------------------------------------------------------------------------------------------------ */

await test('a wrong verifier is refused, and the code is used up by it', async () => {
	for (const config of [basic, open]) {
		const { url, checks } = await authorization(config)
		const callback = await new Browser().signIn(url)
		const wrong = { ...checks, pkceCodeVerifier: oidc.randomPKCECodeVerifier() }
		await assert.rejects(oidc.authorizationCodeGrant(config, callback, wrong), invalidGrant)
		await assert.rejects(oidc.authorizationCodeGrant(config, callback, checks), invalidGrant)
	}
})

await test('a verifier that is left out is refused', async () => {
	const { url, checks } = await authorization(basic)
	const callback = await new Browser().signIn(url)
	await assert.rejects(oidc.authorizationCodeGrant(basic, callback, { ...checks, pkceCodeVerifier: undefined }), invalidGrant)
})

await test('a public client without PKCE gets no page', async () => {
	const { url, checks } = await authorization(open, {}, false)
	const answer = await new Browser().open(url)
	assert.equal(answer.status, 302)
	await assert.rejects(oidc.authorizationCodeGrant(open, answer.location, checks), (caught) => {
		assert.equal(caught.constructor, oidc.AuthorizationResponseError)
		assert.equal(caught.error, 'invalid_request')
		return true
	})
})

await test('a code that is used twice is refused, and its session ends', async () => {
	const { url, checks } = await authorization(basic)
	const callback = await new Browser().signIn(url)
	const tokens = await oidc.authorizationCodeGrant(basic, callback, checks)
	await assert.rejects(oidc.authorizationCodeGrant(basic, callback, checks), invalidGrant)
	await assert.rejects(oidc.fetchUserInfo(basic, tokens.access_token, tokens.claims().sub), unauthorized)
	await assert.rejects(oidc.refreshTokenGrant(basic, tokens.refresh_token), invalidGrant)
})

await test("another client's code and refresh token are refused", async () => {
	const { url, checks } = await authorization(basic)
	const callback = await new Browser().signIn(url)
	await assert.rejects(oidc.authorizationCodeGrant(open, callback, checks), invalidGrant)
	const tokens = await signIn(basic)
	await assert.rejects(oidc.refreshTokenGrant(open, tokens.refresh_token), invalidGrant)
	await oidc.refreshTokenGrant(basic, tokens.refresh_token)
})

await test('a wrong secret is refused with a challenge', async () => {
	for (const authentication of [oidc.ClientSecretBasic('wrong'), oidc.ClientSecretPost('wrong'), oidc.None()]) {
		const config = await discover('demo', authentication)
		await assert.rejects(oidc.refreshTokenGrant(config, 'x'), challenge(401, 'basic', undefined))
	}
	const unknown = await discover('nobody', oidc.None())
	await assert.rejects(oidc.tokenRevocation(unknown, 'x'), challenge(401, 'basic', undefined))
})

await test('a redirect URI that is not registered gets a page and no redirect', async () => {
	for (const uri of ['https://evil.example/callback', 'http://127.0.0.1.evil.example/callback', `${redirect}#x`]) {
		const answer = await new Browser().open((await authorization(basic, { redirect_uri: uri })).url)
		assert.equal(answer.status, 400)
		assert.equal(answer.location, null)
	}
})

await test('another redirect URI than that of the request is refused', async () => {
	const { url, checks } = await authorization(basic)
	const callback = await new Browser().signIn(url)
	const other = new URL(callback)
	other.pathname = '/other'
	await assert.rejects(oidc.authorizationCodeGrant(basic, other, checks), invalidGrant)
})

await test('an answer with the state, the nonce or the issuer of another one is refused by the library', async () => {
	const { url, checks } = await authorization(basic)
	const callback = await new Browser().signIn(url)
	assert.equal(callback.searchParams.get('iss'), issuer)
	const elsewhere = new URL(callback)
	elsewhere.searchParams.set('iss', 'https://other.example')
	await assert.rejects(oidc.authorizationCodeGrant(basic, elsewhere, checks), oidc.ClientError)
	elsewhere.searchParams.delete('iss')
	await assert.rejects(oidc.authorizationCodeGrant(basic, elsewhere, checks), oidc.ClientError)
	await assert.rejects(oidc.authorizationCodeGrant(basic, callback, { ...checks, expectedState: 'x' }), oidc.ClientError)
	await assert.rejects(oidc.authorizationCodeGrant(basic, callback, { ...checks, expectedNonce: 'x' }), oidc.ClientError)
})

await test('errors of the authorization endpoint come back with state and iss', async () => {
	for (const [more, error] of [
		[{ response_type: 'token' }, 'unsupported_response_type'],
		[{ scope: 'unknown' }, 'invalid_scope'],
		[{ prompt: 'none' }, 'login_required'],
		[{ prompt: 'none login' }, 'invalid_request'],
		[{ id_token_hint: 'e30.e30.x' }, 'invalid_request'],
		[{ request: 'e30.e30.' }, 'request_not_supported']
	]) {
		const { url, checks } = await authorization(basic, more)
		const answer = await new Browser().open(url)
		await assert.rejects(oidc.authorizationCodeGrant(basic, answer.location, checks), (caught) => {
			assert.equal(caught.constructor, oidc.AuthorizationResponseError, caught.stack)
			assert.equal(caught.error, error)
			return true
		})
	}
})

await test('a grant that is not known is refused', async () => {
	await assert.rejects(oidc.clientCredentialsGrant(basic), oauthError(400, 'unsupported_grant_type'))
})

/* --- sign-in -------------------------------------------------------------------------------------------------------------------------- */

await test('discovery tells what the library needs, by both names', async () => {
	const metadata = basic.serverMetadata()
	assert.equal(metadata.issuer, issuer)
	assert.ok(metadata.supportsPKCE())
	assert.ok(metadata.authorization_response_iss_parameter_supported)
	for (const name of ['token', 'revocation', 'userinfo', 'end_session', 'authorization']) assert.ok(metadata[`${name}_endpoint`].startsWith(`${issuer}/`))
	const other = await discover('demo', oidc.ClientSecretBasic('demo'), { algorithm: 'oauth2' })
	assert.deepEqual({ ...other.serverMetadata() }, { ...metadata })
	await assert.rejects(oidc.discovery(new URL(`${issuer}/other`), 'demo', undefined, undefined, { execute: [oidc.allowInsecureRequests] }))
})

await test('confidential clients sign in with Basic and with the secret in the body, a public one with PKCE alone', async () => {
	for (const [config, id] of [[basic, 'demo'], [post, 'demo'], [open, 'pims']]) {
		const tokens = await signIn(config)
		const claims = tokens.claims()
		assert.equal(claims.aud, id)
		assert.equal(claims.iss, issuer)
		assert.equal(claims.email, 'demo@example.com')
		assert.equal(tokens.token_type, 'bearer')
		assert.equal(tokens.expires_in, 3599)
		assert.ok(tokens.expiresIn() > 3500)
		assert.ok(tokens.refresh_token)
	}
})

await test('a confidential client may leave PKCE out', async () => {
	const { url, checks } = await authorization(basic, {}, false)
	const tokens = await oidc.authorizationCodeGrant(basic, await new Browser().signIn(url), checks)
	assert.ok(tokens.access_token)
})

await test('a browser in which somebody is signed in is not asked, unless the application wants it', async () => {
	const browser = new Browser()
	const first = await signIn(basic, browser)
	for (const more of [{}, { max_age: '3600' }, { prompt: 'none' }, { prompt: 'none', id_token_hint: first.id_token }]) {
		const { url, checks } = await authorization(basic, more)
		const answer = await browser.open(url)
		assert.equal(answer.status, 302)
		const tokens = await oidc.authorizationCodeGrant(basic, answer.location, checks)
		assert.equal(tokens.claims().auth_time, first.claims().auth_time)
	}
	for (const more of [{ prompt: 'login' }, { max_age: '0' }, { login_hint: 'other@example.com' }]) {
		const { url, checks } = await authorization(basic, more)
		assert.equal((await browser.open(url)).status, 200)
		const tokens = await oidc.authorizationCodeGrant(basic, await browser.signIn(url), checks)
		assert.ok(tokens.claims().auth_time >= first.claims().auth_time)
	}
})

/* --- tokens --------------------------------------------------------------------------------------------------------------------------- */

await test('userinfo is about who signed in', async () => {
	const tokens = await signIn(basic)
	const person = await oidc.fetchUserInfo(basic, tokens.access_token, tokens.claims().sub)
	assert.equal(person.email, 'demo@example.com')
	await assert.rejects(oidc.fetchUserInfo(basic, tokens.access_token, 'another'), oidc.ClientError)
	await assert.rejects(oidc.fetchUserInfo(basic, 'x', oidc.skipSubjectCheck), unauthorized)
	const plain = await signIn(basic, new Browser(), { scope: 'openid' })
	assert.deepEqual(Object.keys(await oidc.fetchUserInfo(basic, plain.access_token, plain.claims().sub)), ['sub'])
})

await test('refresh tokens rotate; a lost answer does no harm, a stolen token ends the session', async () => {
	for (const config of [basic, post, open]) {
		const first = await signIn(config)
		const lost = await oidc.refreshTokenGrant(config, first.refresh_token)
		const second = await oidc.refreshTokenGrant(config, first.refresh_token)
		assert.equal(new Set([first.refresh_token, lost.refresh_token, second.refresh_token]).size, 3)
		assert.equal(second.claims().sub, first.claims().sub)
		assert.equal(second.claims().nonce, undefined)
		const third = await oidc.refreshTokenGrant(config, second.refresh_token)
		await oidc.fetchUserInfo(config, third.access_token, first.claims().sub)
		await assert.rejects(oidc.refreshTokenGrant(config, first.refresh_token), invalidGrant)
		await assert.rejects(oidc.refreshTokenGrant(config, third.refresh_token), invalidGrant)
		await assert.rejects(oidc.fetchUserInfo(config, third.access_token, first.claims().sub), unauthorized)
	}
})

await test('what is revoked is good for nothing, and nothing else is', async () => {
	const other = await signIn(basic)
	for (const [config, name] of [[basic, 'refresh_token'], [post, 'access_token'], [open, 'refresh_token']]) {
		const tokens = await signIn(config)
		await oidc.tokenRevocation(config, tokens[name], { token_type_hint: name })
		await assert.rejects(oidc.fetchUserInfo(config, tokens.access_token, tokens.claims().sub), unauthorized)
		await assert.rejects(oidc.refreshTokenGrant(config, tokens.refresh_token), invalidGrant)
		await oidc.tokenRevocation(config, tokens[name])
	}
	await oidc.tokenRevocation(basic, 'unknown', { token_type_hint: 'pct' })
	await assert.rejects(oidc.tokenRevocation(open, other.refresh_token), invalidGrant)
	await oidc.fetchUserInfo(basic, other.access_token, other.claims().sub)
})

await test('a token is exchanged for one to the customer API and to nothing else', async () => {
	const tokens = await signIn(basic)
	const wanted = { subject_token: tokens.access_token, subject_token_type: accessTokenType, audience: 'customer-api' }
	for (const [more, error] of [
		[{ audience: 'another' }, 'invalid_target'],
		[{ resource: 'https://api.example' }, 'invalid_target'],
		[{ subject_token: 'x' }, 'invalid_request'],
		[{ subject_token_type: 'urn:ietf:params:oauth:token-type:jwt' }, 'invalid_request'],
		[{ actor_token: 'x', actor_token_type: accessTokenType }, 'invalid_request']
	]) {
		await assert.rejects(oidc.genericGrantRequest(basic, exchangeGrant, { ...wanted, ...more }), oauthError(400, error))
	}
	await assert.rejects(oidc.genericGrantRequest(open, exchangeGrant, wanted), oauthError(400, 'invalid_request'))
	const exchanged = await oidc.genericGrantRequest(basic, exchangeGrant, wanted)
	assert.equal(exchanged.issued_token_type, accessTokenType)
	assert.equal(exchanged.refresh_token, undefined)
	assert.notEqual(exchanged.access_token, tokens.access_token)
	await assert.rejects(oidc.fetchUserInfo(basic, exchanged.access_token, tokens.claims().sub), unauthorized)
})

/* --- tokens that are bound to a key (RFC 9449) ------------------------------------------------------------------------------------------- */

await test('bound tokens need the key, at the token endpoint and at resources, with and without a nonce', async () => {
	const DPoP = oidc.getDPoPHandle(open, await oidc.randomDPoPKeyPair('ES256'))
	const thief = oidc.getDPoPHandle(open, await oidc.randomDPoPKeyPair('ES256'))
	const { url, checks } = await authorization(open, { dpop_jkt: await DPoP.calculateThumbprint() })
	const callback = await new Browser().signIn(url)
	const tokens = await oidc.authorizationCodeGrant(open, callback, checks, undefined, { DPoP })
	assert.equal(tokens.token_type, 'dpop')
	const subject = tokens.claims().sub
	await assert.rejects(oidc.fetchUserInfo(open, tokens.access_token, subject), unauthorized)
	await assert.rejects(oidc.fetchUserInfo(open, tokens.access_token, subject, { DPoP: thief }), challenge(401, 'dpop', 'invalid_token'))
	assert.equal((await oidc.fetchUserInfo(open, tokens.access_token, subject, { DPoP })).sub, subject)
	await assert.rejects(oidc.refreshTokenGrant(open, tokens.refresh_token), invalidGrant)
	await assert.rejects(oidc.refreshTokenGrant(open, tokens.refresh_token, undefined, { DPoP: thief }), invalidGrant)
	const renewed = await oidc.refreshTokenGrant(open, tokens.refresh_token, undefined, { DPoP })
	assert.equal(renewed.token_type, 'dpop')

	// a clock that is an hour off: the library repeats the request with the nonce that it is given
	const skewed = await discover('pims', oidc.None())
	skewed[oidc.clockSkew] = -3600
	const late = oidc.getDPoPHandle(skewed, await oidc.randomDPoPKeyPair('ES256'))
	const second = await authorization(open)
	const again = await oidc.authorizationCodeGrant(open, await new Browser().signIn(second.url), second.checks, undefined, { DPoP: late })
	assert.equal((await oidc.fetchUserInfo(open, again.access_token, subject, { DPoP: late })).sub, subject)
})

await test('a code that was asked for with one key is not given for another', async () => {
	const DPoP = oidc.getDPoPHandle(open, await oidc.randomDPoPKeyPair('ES256'))
	const thief = oidc.getDPoPHandle(open, await oidc.randomDPoPKeyPair('ES256'))
	const { url, checks } = await authorization(open, { dpop_jkt: await DPoP.calculateThumbprint() })
	const callback = await new Browser().signIn(url)
	await assert.rejects(oidc.authorizationCodeGrant(open, callback, checks, undefined, { DPoP: thief }), invalidGrant)
})

/* --- pushed requests (RFC 9126) --------------------------------------------------------------------------------------------------------- */

await test('a pushed request signs in as a plain one does, and its reference is good once', async () => {
	for (const config of [basic, post, open]) {
		const { url, checks } = await pushed(config)
		assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri'])
		const tokens = await oidc.authorizationCodeGrant(config, await new Browser().signIn(url), checks)
		assert.equal(tokens.claims().email, 'demo@example.com')
		const again = await new Browser().open(url)
		assert.equal(again.status, 400)
		assert.equal(again.location, null)
	}
})

await test('what is wrong with a request is told where it is pushed', async () => {
	await assert.rejects(pushed(basic, { scope: 'unknown' }), oauthError(400, 'invalid_scope'))
	await assert.rejects(pushed(basic, { redirect_uri: 'https://evil.example/callback' }), oauthError(400, 'invalid_request'))
	await assert.rejects(pushed(open, { prompt: 'none login' }), oauthError(400, 'invalid_request'))
	const wrong = await discover('demo', oidc.ClientSecretBasic('wrong'))
	await assert.rejects(pushed(wrong), challenge(401, 'basic', undefined))
})

await test('a proof where the request is pushed binds the code, also with a nonce', async () => {
	for (const skew of [0, -3600]) {
		const config = await discover('pims', oidc.None())
		config[oidc.clockSkew] = skew
		const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'))
		const thief = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'))
		for (const [key, good] of [[thief, false], [DPoP, true]]) {
			const { url, checks } = await pushed(config, {}, { DPoP })
			const callback = await new Browser().signIn(url)
			const grant = oidc.authorizationCodeGrant(config, callback, checks, undefined, { DPoP: key })
			if (good) assert.equal((await grant).token_type, 'dpop')
			else await assert.rejects(grant, invalidGrant)
		}
	}
})

/* --- clients that prove themselves by keys (RFC 7523) -------------------------------------------------------------------------------------- */

const algorithms = {
	RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
	PS256: { name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) },
	ES256: { name: 'ECDSA', namedCurve: 'P-256' }
}

/** Registers a client with a new key; its configuration, and one with a key that is not its own. */
async function keyClient(algorithm) {
	const id = `robot-${algorithm}`
	const [own, other] = await Promise.all([0, 1].map(() => crypto.subtle.generateKey(algorithms[algorithm], true, ['sign', 'verify'])))
	writeFileSync(`${work}/${id}.json`, JSON.stringify({ keys: [{ ...await crypto.subtle.exportKey('jwk', own.publicKey), kid: 'k1' }] }))
	execFileSync(pimsd, ['client', 'add', id, '--redirect', redirect, '--jwks', `${work}/${id}.json`, '--par', '--data', data])
	return [own, other].reduce(async (list, pair) => [...await list, await discover(id, oidc.PrivateKeyJwt({ key: pair.privateKey, kid: 'k1' }))], [])
}

await test('a client signs in, renews and revokes with assertions that it signs, and with nothing else', async () => {
	for (const algorithm of Object.keys(algorithms)) {
		const [config, forger] = await keyClient(algorithm)
		const metadata = config.serverMetadata()
		assert.ok(metadata.token_endpoint_auth_methods_supported.includes('private_key_jwt'))
		assert.ok(metadata.token_endpoint_auth_signing_alg_values_supported.includes(algorithm))
		const plain = await authorization(config)
		const refused = await new Browser().open(plain.url)
		assert.equal(refused.location.searchParams.get('error'), 'invalid_request')
		await assert.rejects(pushed(forger), challenge(401, 'basic', undefined))
		const { url, checks } = await pushed(config)
		const tokens = await oidc.authorizationCodeGrant(config, await new Browser().signIn(url), checks)
		await assert.rejects(oidc.refreshTokenGrant(forger, tokens.refresh_token), challenge(401, 'basic', undefined))
		const bare = await discover(`robot-${algorithm}`, oidc.None())
		await assert.rejects(oidc.refreshTokenGrant(bare, tokens.refresh_token), challenge(401, 'basic', undefined))
		const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token)
		await oidc.tokenRevocation(config, renewed.refresh_token)
		await assert.rejects(oidc.refreshTokenGrant(config, renewed.refresh_token), invalidGrant)
	}
})

await test('proofs are read by every algorithm that the metadata names, and keys known by the same thumbprints', async () => {
	const names = open.serverMetadata().dpop_signing_alg_values_supported
	assert.deepEqual(names, ['ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'])
	for (const name of names) {
		const DPoP = oidc.getDPoPHandle(open, await oidc.randomDPoPKeyPair(name))
		const { url, checks } = await authorization(open, { dpop_jkt: await DPoP.calculateThumbprint() })
		const tokens = await oidc.authorizationCodeGrant(open, await new Browser().signIn(url), checks, undefined, { DPoP })
		assert.equal(tokens.token_type, 'dpop')
		const subject = tokens.claims().sub
		assert.equal((await oidc.fetchUserInfo(open, tokens.access_token, subject, { DPoP })).sub, subject)
	}
})

/* --- what tokens open ---------------------------------------------------------------------------------------------------------------------- */

const account = new URL('/v1/account', issuer)

await test('a token opens the calls that its scope names', async () => {
	const all = await signIn(basic)
	assert.equal(all.scope, 'openid profile email pims.account pims.phone pims.device pims.otp')
	assert.equal((await oidc.fetchProtectedResource(basic, all.access_token, account, 'GET')).status, 200)
	const some = await signIn(basic, new Browser(), { scope: 'openid pims.otp' })
	assert.equal(some.scope, 'openid pims.otp')
	await assert.rejects(oidc.fetchProtectedResource(basic, some.access_token, account, 'GET'), challenge(403, 'bearer', 'insufficient_scope'))
	const narrow = await oidc.refreshTokenGrant(basic, all.refresh_token, { scope: 'pims.account' })
	assert.equal(narrow.scope, 'pims.account')
	assert.equal((await oidc.fetchProtectedResource(basic, narrow.access_token, account, 'GET')).status, 200)
	await assert.rejects(oidc.fetchUserInfo(basic, narrow.access_token, all.claims().sub), challenge(403, 'bearer', 'insufficient_scope'))
	await assert.rejects(oidc.refreshTokenGrant(basic, some.refresh_token, { scope: 'pims.account' }), oauthError(400, 'invalid_scope'))
	assert.equal((await oidc.refreshTokenGrant(basic, narrow.refresh_token)).scope, all.scope)
})

/* --- logout ----------------------------------------------------------------------------------------------------------------------------- */

await test('who logs out is redirected to a registered address alone, and signed out', async () => {
	const browser = new Browser()
	const tokens = await signIn(basic, browser)
	const hint = { id_token_hint: tokens.id_token, state: 'a b&c' }
	const elsewhere = await new Browser().open(oidc.buildEndSessionUrl(basic, { state: 'x', post_logout_redirect_uri: redirect }))
	assert.equal(elsewhere.status, 200) // without a hint nobody is signed out or sent anywhere
	await oidc.fetchUserInfo(basic, tokens.access_token, tokens.claims().sub)

	const answer = await browser.open(oidc.buildEndSessionUrl(basic, { ...hint, post_logout_redirect_uri: redirect }))
	assert.equal(answer.status, 303)
	assert.equal(answer.location.origin + answer.location.pathname, redirect)
	assert.deepEqual([...answer.location.searchParams], [['state', 'a b&c']])
	await assert.rejects(oidc.fetchUserInfo(basic, tokens.access_token, tokens.claims().sub), unauthorized)
	await assert.rejects(oidc.refreshTokenGrant(basic, tokens.refresh_token), invalidGrant)
	const { url, checks } = await authorization(basic, { prompt: 'none' })
	const silent = await browser.open(url)
	await assert.rejects(oidc.authorizationCodeGrant(basic, silent.location, checks), { error: 'login_required' })

	const again = await browser.open(oidc.buildEndSessionUrl(basic, { ...hint, post_logout_redirect_uri: 'https://evil.example/' }))
	assert.equal(again.status, 200)
	assert.equal(again.location, null)
})

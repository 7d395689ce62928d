// SPDX-License-Identifier: Apache-2.0
// A client that others wrote (openid-client) with tokens of one server that are bound to a key, at another that takes them: node bound_client.mjs ISSUER
// RESOURCE PIMSD. The issuer is oidc_provider.mjs.
import assert from 'node:assert/strict'
import test from 'node:test'
import * as oidc from 'openid-client'
import { Browser } from './browser.mjs'

const [issuer, resource, pimsd] = process.argv.slice(2)
const redirect = 'http://127.0.0.1/callback'
const account = new URL(`${pimsd}/v1/account`)

let last // request
let hold = false // it is not sent
async function discover() {
	const config = await oidc.discovery(new URL(issuer), 'native', undefined, oidc.None(), { execute: [oidc.allowInsecureRequests] })
	config[oidc.customFetch] = (url, options) => {
		last = { url, options }
		return hold ? new Response(null, { status: 204 }) : fetch(url, options)
	}
	return config
}
const config = await discover()
const newKey = async (of = config) => oidc.getDPoPHandle(of, await oidc.randomDPoPKeyPair('ES256'))

async function signIn(DPoP) {
	const pkceCodeVerifier = oidc.randomPKCECodeVerifier()
	const url = oidc.buildAuthorizationUrl(config, {
		redirect_uri: redirect, scope: 'openid profile email car:otp', resource, code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
		code_challenge_method: 'S256', ...(DPoP && { dpop_jkt: await DPoP.calculateThumbprint() })
	})
	const callback = await new Browser({ username: 'lea', password: 'lea-password' }).walk(url, redirect)
	return oidc.authorizationCodeGrant(config, callback, { pkceCodeVerifier, idTokenExpected: true }, { resource }, { DPoP })
}
const get = (token, options, url = account) => oidc.fetchProtectedResource(config, token, url, 'GET', undefined, undefined, options)
const refused = (scheme, error) => (caught) => {
	assert.equal(caught.constructor, oidc.WWWAuthenticateChallengeError, caught.stack)
	assert.equal(caught.status, 401)
	assert.equal(caught.cause[0].scheme, scheme)
	assert.equal(caught.cause[0].parameters.error, error)
	if (scheme === 'dpop') assert.equal(caught.cause[0].parameters.algs, 'ES256 ES384 ES512 PS256 PS384 PS512 RS256 RS384 RS512')
	return true
}

const DPoP = await newKey()
const tokens = await signIn(DPoP)
assert.equal(tokens.token_type, 'dpop')

await test('a bound token is refused as bearer, and by another key', async () => {
	await assert.rejects(get(tokens.access_token), refused('bearer', 'invalid_token'))
	await assert.rejects(get(tokens.access_token, { DPoP: await newKey() }), refused('dpop', 'invalid_token'))
})

await test('a token that is bound to no key is refused as one that is', async () => {
	const unbound = await signIn()
	assert.equal(unbound.token_type, 'bearer')
	await assert.rejects(get(unbound.access_token, { DPoP }), refused('dpop', 'invalid_token'))
	assert.equal((await get(unbound.access_token)).status, 200)
})

await test('a proof opens the one resource that it names, once', async () => {
	const answer = await get(tokens.access_token, { DPoP })
	assert.equal(answer.status, 200)
	assert.equal((await answer.json()).username, 'lea of others')
	for (const url of [account, `${pimsd}/v1/devices`]) {
		const again = await fetch(url, last.options)
		assert.equal(again.status, 401)
		assert.match(again.headers.get('www-authenticate'), /^DPoP .*error="invalid_dpop_proof"/)
	}
	assert.equal((await get(tokens.access_token, { DPoP }, new URL(`${pimsd}/v1/devices`))).status, 200)
})

await test('a renewed token is bound to the same key, and proofs are for one of the two', async () => {
	const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token, { resource }, { DPoP })
	assert.equal(renewed.token_type, 'dpop')
	hold = true
	await get(tokens.access_token, { DPoP })
	hold = false
	const headers = new Headers(last.options.headers)
	headers.set('authorization', `DPoP ${renewed.access_token}`)
	const swapped = await fetch(account, { headers })
	assert.equal(swapped.status, 401)
	assert.match(swapped.headers.get('www-authenticate'), /^DPoP .*error="invalid_dpop_proof"/)
	await assert.rejects(get(renewed.access_token), refused('bearer', 'invalid_token'))
	assert.equal((await get(renewed.access_token, { DPoP })).status, 200)
})

await test('a clock that is an hour off is cured by a nonce, of each server its own', async () => {
	const skewed = await discover()
	skewed[oidc.clockSkew] = -3600
	const late = await newKey(skewed)
	const { access_token } = await signIn(late)
	assert.equal((await get(access_token, { DPoP: late })).status, 200)
})

// SPDX-License-Identifier: Apache-2.0
// Two clients of the live service as others write them, from the description of its protocols alone (spec/wire.md, docs/PROTOCOL.md): none of this project's code is in
// here, and the cryptography of iwws/MAC is Node.js's own. Arguments: the URL of a sandbox, the directory of the vectors.
import assert from 'node:assert/strict'
import * as crypto from 'node:crypto'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import test from 'node:test'
import { Browser } from './pimsd_browser.mjs'

const base = new URL(process.argv[2])
const redirect = 'mymap://oauth2redirect/fr'
const basic = `Basic ${Buffer.from('demo:demo').toString('base64')}`
const pin = '4739'

/* --- HTTP ---------------------------------------------------------------------------------------------------------------------------- */

/** One request with these headers and no others. */
function send(method, target, headers = {}, body = '') {
	return new Promise((resolve, reject) => {
		const length = method === 'GET' ? {} : { 'Content-Length': Buffer.byteLength(body) }
		const options = { host: base.hostname, port: base.port, method, path: target, headers: { ...headers, ...length }, setHost: false }
		const request = http.request(options, async (response) => {
			const chunks = []
			for await (const chunk of response) chunks.push(chunk)
			const text = Buffer.concat(chunks).toString()
			const json = response.headers['content-type'] === 'application/json' ? JSON.parse(text) : undefined
			resolve({ status: response.statusCode, headers: response.headers, text, json })
		})
		request.on('error', reject)
		request.end(body)
	})
}
const query = (parameters) => new URLSearchParams(parameters).toString()
const sandbox = async (path) => (await send('GET', `/sandbox/${path}`, { Host: base.host })).json
const advance = (seconds) => send('POST', '/sandbox/clock', { Host: base.host, 'Content-Type': 'application/json' }, JSON.stringify({ advance: seconds }))

/* --- how the two of them speak --------------------------------------------------------------------------------------------------------- */

// everything in the query string of a POST without body, a User-Agent that ends in a blank, no PKCE
const scripted = {
	host: 'idp.live.example',
	agent: 'okhttp/4.8.0 ',
	pkce: false,
	token(parameters) {
		const headers = { Host: this.host, Authorization: basic, 'User-Agent': this.agent, Accept: '*/*' }
		return send('POST', `/am/oauth2/access_token?${query({ realm: 'clientsB2CPeugeot', ...parameters })}`, headers)
	},
	smsBody: '',
	hex: (text) => text
}
// a form with the client's credentials in it, PKCE, no User-Agent at all, large hex digits
const integrated = {
	host: 'idp.other.example:443',
	agent: undefined,
	pkce: true,
	token(parameters) {
		const headers = { Host: this.host, 'Content-Type': 'application/x-www-form-urlencoded; charset=utf-8' }
		return send('POST', '/am/oauth2/access_token', headers, query({ client_id: 'demo', client_secret: 'demo', ...parameters }))
	},
	smsBody: '{}',
	hex: (text) => text.toUpperCase()
}

class Client {
	constructor(dialect) {
		this.dialect = dialect
		this.deviceId = crypto.randomBytes(8).toString('hex')
		this.lastsync = '0'
	}

	async signIn() {
		const verifier = crypto.randomBytes(32).toString('base64url')
		const challenge = crypto.createHash('sha256').update(verifier).digest('base64url')
		const parameters = { client_id: 'demo', response_type: 'code', redirect_uri: redirect, scope: 'openid profile', state: 'x', locale: 'fr-FR' }
		if (this.dialect.pkce) Object.assign(parameters, { code_challenge: challenge, code_challenge_method: 'S256' })
		const callback = await new Browser().signIn(new URL(`/am/oauth2/authorize?${query(parameters)}`, base))
		assert.equal(callback.href.split('?')[0], redirect)
		this.code = callback.searchParams.get('code')
		// one of the clients finds the code with this and refuses others
		assert.match(this.code, /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
		const proof = this.dialect.pkce ? { code_verifier: verifier } : {}
		this.#take(await this.dialect.token({ grant_type: 'authorization_code', code: this.code, redirect_uri: redirect, ...proof }))
	}

	async renew() {
		this.#take(await this.dialect.token({ grant_type: 'refresh_token', refresh_token: this.refreshToken }))
	}

	// a client drops its refresh token when an answer has none
	#take({ status, json }) {
		assert.equal(status, 200)
		assert.deepEqual(Object.keys(json).sort(), ['access_token', 'expires_in', 'id_token', 'refresh_token', 'scope', 'token_type'])
		assert.equal(json.expires_in, 3599)
		this.accessToken = json.access_token
		this.refreshToken = json.refresh_token
	}

	/** A call of the API behind the gateway. */
	api(method, path, body, more = {}) {
		const headers = { Host: 'api.groupe-psa.com', Authorization: `Bearer ${this.accessToken}`, 'x-introspect-realm': 'clientsB2CPeugeot', ...more }
		if (this.dialect.agent) headers['User-Agent'] = this.dialect.agent
		if (body) headers['Content-Type'] = 'application/json; charset=UTF-8'
		return send(method, `${path}?${query({ client_id: 'demo', locale: 'fr-FR' })}`, headers, body)
	}
	askSms() {
		return this.api('POST', '/applications/cvs/v4/mobile/smsCode', this.dialect.smsBody)
	}
	associations() {
		return this.api('GET', '/applications/cvs/v4/mauv/car-associations', undefined, { Accept: 'application/hal+json' })
	}
	remoteToken(body) {
		return this.api('POST', '/connectedcar/v4/virtualkey/remoteaccess/token', JSON.stringify(body))
	}
}

/* --- iwws/MAC ------------------------------------------------------------------------------------------------------------------------- */

const sha256 = (text) => crypto.createHash('sha256').update(text).digest()
const sha256hex = (text) => sha256(text).toString('hex')
const number = (bytes) => BigInt(`0x${bytes.toString('hex')}`)

function mgf1(seed, length) {
	const blocks = []
	for (let i = 0; i * 32 < length; i++) {
		const counter = Buffer.alloc(4)
		counter.writeUInt32BE(i)
		blocks.push(sha256(Buffer.concat([seed, counter])))
	}
	return Buffer.concat(blocks).subarray(0, length)
}
const xor = (a, b) => Buffer.from(a.map((byte, i) => byte ^ b[i]))

/** EME-OAEP decoding (RFC 8017 §7.1.2) of what the private exponent was applied to. */
function publicDecode(modulusHex, cipherHex) {
	const size = modulusHex.length / 2
	const cipher = Buffer.from(cipherHex, 'hex')
	const modulus = BigInt(`0x${modulusHex}`)
	const parts = []
	assert.equal(cipher.length % size, 0)
	for (let at = 0; at < cipher.length; at += size) {
		const block = number(cipher.subarray(at, at + size))
		const squared = (x) => (x * x) % modulus
		const plain = (squared(squared(squared(squared(block)))) * block) % modulus // exponent 17
		const encoded = Buffer.from(plain.toString(16).padStart(2 * size, '0'), 'hex')
		const maskedSeed = encoded.subarray(1, 33)
		const masked = encoded.subarray(33)
		const data = xor(masked, mgf1(xor(maskedSeed, mgf1(masked, 32)), masked.length))
		assert.equal(encoded[0], 0)
		assert.deepEqual(data.subarray(0, 32), sha256(''))
		const start = data.indexOf(1, 32)
		assert.ok(data.subarray(32, start).every((byte) => byte === 0))
		parts.push(data.subarray(start + 1))
	}
	return Buffer.concat(parts).toString('hex')
}
function encrypt(modulusHex, bytes) {
	const n = Buffer.from(modulusHex, 'hex').toString('base64url')
	const key = crypto.createPublicKey({ key: { kty: 'RSA', n, e: Buffer.from([17]).toString('base64url') }, format: 'jwk' })
	return crypto.publicEncrypt({ key, oaepHash: 'sha256', padding: crypto.constants.RSA_PKCS1_OAEP_PADDING }, bytes).toString('hex')
}
function aes(key, bytes, direction) {
	const cipher = direction === 'encrypt' ? crypto.createCipheriv('aes-128-ecb', key, null) : crypto.createDecipheriv('aes-128-ecb', key, null)
	cipher.setAutoPadding(false)
	return Buffer.concat([cipher.update(bytes), cipher.final()]).toString('hex')
}
function base36(value) {
	const digits = 'abcdefghijklmnopqrstuvwxyz0123456789'
	let text = ''
	do {
		text += digits[Number(value % 36n)]
		value /= 36n
	} while (value)
	return text
}

const kmaOf = (withPin, serial) => sha256(`${withPin};${serial}`).subarray(0, 16)
function otpOf(k1, defi, secval) {
	const h = sha256(`${k1}:${defi}:${secval}`)
	return base36(BigInt(h.readUInt32BE(0) & 0x0fffffff) * 1024n + BigInt(h.readUInt32BE(4) & 1023))
}

class Device {
	constructor(client, macid) {
		this.client = client
		this.macid = macid
		this.id = ''
		this.tsync = '0'
		this.k0 = this.k1 = ''
	}

	async mac(action, mode, parameters, order = (rest) => ({ id: this.id, lastsync: this.tsync, version: 'Generator-1.0/0.2.11', macid: this.macid, ...rest })) {
		const all = order(parameters)
		for (const name of ['macid', 'Kma', 'pin', 'ms_val0', 'R0', 'R1', 'R2']) if (all[name]) all[name] = this.client.dialect.hex(all[name])
		const target = `/iwws/MAC?${query({ action, mode, ...all })}`
		const answer = await send('GET', target, { Host: 'otp.mpsa.com', 'User-Agent': 'iwws/1 ', Connection: 'close' })
		assert.equal(answer.status, 200)
		assert.ok(answer.text.startsWith('<?xml '))
		assert.match(answer.text, new RegExp(`<${action}>`))
		const elements = {}
		for (const [, name, value] of answer.text.matchAll(/<(\w+)>([^<]*)<\/\1>/g)) elements[name] = value
		return elements
	}
	proofs(challenge, withPin = pin) {
		return {
			R0: sha256hex(`${challenge};${this.k0};${this.serial}`),
			R1: sha256hex(`${challenge};${this.k0};${this.k1}`),
			R2: sha256hex(`${challenge};${this.k0};${withPin}`)
		}
	}
	take(answer, kma) {
		for (const name of ['K0', 'K1']) if (answer[name]) this[name.toLowerCase()] = aes(kma, Buffer.from(answer[name], 'hex'), 'decrypt')
		if (answer.dK1) this.k1 = sha256hex(`${this.k1};${answer.dK1}`).slice(0, 32)
		if (answer.Tsync && answer.s_n) this.tsync = answer.Tsync
	}

	setup(code) {
		return this.mac('ActionSetup', 'activate', { code })
	}
	async activate(code, withPin = pin) {
		const setup = await this.setup(code)
		assert.equal(setup.err, 'OK')
		this.pinmode = setup.pinmode
		const kiw = publicDecode(setup.Kfact, setup.Kiw)
		this.serial = `${this.client.deviceId}/_/${crypto.randomBytes(16).toString('hex')}`
		this.kma = kmaOf(withPin, this.serial)
		const answer = await this.mac('ActionFinalize', 'activate', {
			lang: 'fr', ack: '', serial: this.serial, code, Kma: encrypt(kiw, this.kma), pin: encrypt(kiw, Buffer.from(withPin)), name: 'Ma voiture / Linux',
			R0: sha256hex(';;' + this.serial), R1: sha256hex(';;'), R2: sha256hex(';;')
		})
		if (answer.err !== 'OK') return answer.err
		this.id = answer.id
		this.take(answer, this.kma)
		this.secid = answer.s_id
		assert.equal(answer.ms_n, '1')
		const secret = crypto.randomBytes(16)
		const value = encrypt(publicDecode(setup.Kfact, answer.ms_key), secret)
		const order = (rest) => ({ ms_n: '1', ...rest, macid: this.macid, id: this.id, lastsync: this.tsync })
		const done = await this.mac('ActionFinalize', 'ms', { ms_id0: answer.ms_id, ms_val0: value, ...this.proofs(answer.challenge, withPin) }, order)
		this.take(done, this.kma)
		this.secval = aes(this.kma, secret, 'encrypt')
		return done.err
	}
	async otp(withPin = pin) {
		const setup = await this.mac('ActionSetup', 'otp', { sid: this.secid })
		if (setup.err !== 'OK') return { err: setup.err }
		const rest = { lang: 'fr', ack: '', keytype: '0', sid: this.secid, ...this.proofs(setup.challenge, withPin) }
		const answer = await this.mac('ActionFinalize', 'otp', rest)
		if (answer.err !== 'OK') return { err: answer.err }
		this.take(answer, this.kma)
		if ('J' in answer) return this.otp(withPin)
		return { err: 'OK', otp: otpOf(this.k1, answer.defi, this.secval) }
	}
}

/* --- tests ------------------------------------------------------------------------------------------------------------------------------ */

const { macid } = (await send('GET', '/.well-known/openpims', { Host: base.host })).json
const newestCode = async () => (await sandbox('sms')).messages.filter((message) => message.purpose === 'enrollment').at(-1).code
const invalidGrant = (answer) => {
	assert.equal(answer.status, 400)
	assert.equal(answer.json.error, 'invalid_grant')
}
const gateway = (answer) => {
	assert.equal(answer.status, 401)
	assert.deepEqual(answer.json, { httpCode: '401', httpMessage: 'Unauthorized', moreInformation: 'Token is invalid' })
}

await test('its formulas are those of the vectors, which another program computed', () => {
	const cases = (name) => JSON.parse(readFileSync(`${process.argv[3]}/${name}.json`)).cases
	for (const { K1, defi, secval, otp } of cases('otp')) assert.equal(otpOf(K1, defi, secval), otp)
	for (const { pin, serial, kma } of cases('kma')) assert.equal(kmaOf(pin, serial).toString('hex'), kma)
	for (const { kma, random, secval } of cases('secval')) assert.equal(aes(Buffer.from(kma, 'hex'), Buffer.from(random, 'hex'), 'encrypt'), secval)
})

await test('a code that was never sent activates nothing', async () => {
	const device = new Device(new Client(scripted), macid)
	assert.equal((await device.setup('00000000')).err, 'NOK:CODE')
	assert.equal((await new Device(new Client(scripted), '0'.repeat(32)).setup('00000000')).err, 'NOK:NOSRV')
	assert.equal((await device.mac('ActionSetup', 'otp', { sid: '1' })).err, 'NOK:FORBIDDEN')
})

let before = '2' // the account has no PIN yet
for (const [name, dialect] of Object.entries({ scripted, integrated })) {
	const client = new Client(dialect)
	const device = new Device(client, macid)
	let otp
	let remote

	await test(`${name}: signs in and reads the account`, async () => {
		await client.signIn()
		const answer = await client.associations()
		assert.equal(answer.status, 200)
		assert.match(answer.json[0].customer, /^AP-ACNT/)
		invalidGrant(await dialect.token({ grant_type: 'authorization_code', code: client.code, redirect_uri: redirect }))
		await client.signIn() // that ended the session
	})

	await test(`${name}: asks for an SMS, and at once again is told to wait`, async () => {
		const answer = await client.askSms()
		assert.equal(answer.status, 202)
		assert.equal(answer.text, '')
		const again = await client.askSms()
		assert.equal(again.status, 429)
		assert.ok(Number(again.headers['retry-after']) > 0)
		// one client knows no other sign of failure
		const problem = JSON.parse(again.text)
		assert.equal(problem.httpCode, '429')
		assert.ok(problem.httpMessage && problem.moreInformation)
	})

	await test(`${name}: activates a device with the code and a PIN`, async () => {
		const code = await newestCode()
		if (before === '1') assert.equal(await new Device(client, macid).activate(code, '9999'), 'NOK:ACCESS')
		assert.equal(await device.activate(code), 'OK')
		assert.equal(device.pinmode, before)
		assert.match(device.id, /^[0-9]+$/)
		assert.equal((await device.setup(code)).err, 'NOK:CODE')
		before = '1'
	})

	await test(`${name}: gets OTPs with the PIN and without, and none with a wrong one`, async () => {
		assert.equal((await device.otp('1111')).err, 'NOK:ACCESS')
		assert.equal((await device.otp('')).err, 'OK')
		otp = await device.otp()
		assert.equal(otp.err, 'OK')
		assert.match(otp.otp, /^[a-z0-9]{1,8}$/)
	})

	await test(`${name}: an OTP gives a remote token once`, async () => {
		invalidGrant(await client.remoteToken({ grant_type: 'password', password: 'aaaaaaaa' }))
		const answer = await client.remoteToken({ grant_type: 'password', password: otp.otp })
		assert.equal(answer.status, 200)
		assert.equal(answer.json.expires_in, 900)
		assert.ok(answer.json.access_token)
		remote = answer.json.refresh_token
		assert.ok(remote)
		invalidGrant(await client.remoteToken({ grant_type: 'password', password: otp.otp }))
	})

	await test(`${name}: renews the remote token, which keeps its refresh token`, async () => {
		const answer = await client.remoteToken({ grant_type: 'refresh_token', refresh_token: remote })
		assert.equal(answer.status, 200)
		assert.ok(answer.json.access_token)
		assert.equal(answer.json.refresh_token, undefined)
	})

	await test(`${name}: an access token that expired gets the gateway's 401, and a renewed one works`, async () => {
		await advance(3600)
		for (const answer of [await client.associations(), await client.askSms(), await client.remoteToken({ grant_type: 'refresh_token', refresh_token: remote })]) {
			gateway(answer)
		}
		await client.renew()
		assert.equal((await client.associations()).status, 200)
	})

	await test(`${name}: after a week the remote token needs another OTP, and no SMS`, async () => {
		await advance(7 * 86400)
		await client.renew()
		invalidGrant(await client.remoteToken({ grant_type: 'refresh_token', refresh_token: remote }))
		const next = await device.otp()
		assert.equal((await client.remoteToken({ grant_type: 'password', password: next.otp })).status, 200)
	})
}

await test('who guesses OTPs is sent away with a time', async () => {
	const client = new Client(integrated)
	await client.signIn()
	let answer
	for (let i = 0; i < 25 && answer?.status !== 429; i++) answer = await client.remoteToken({ grant_type: 'password', password: `guess${i}` })
	assert.equal(answer.status, 429)
	assert.ok(Number(answer.headers['retry-after']) > 0)
})

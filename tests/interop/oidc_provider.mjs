// SPDX-License-Identifier: Apache-2.0
// npm's oidc-provider on https://127.0.0.1:PORT, in memory, with pages of its own, and what the tests do to it: node oidc_provider.mjs SETTINGS.json
//
// SETTINGS: port, cert, key and ca (PEM files), redirect (with its port, for what compares letter by letter), secret; and in `more`, where a test wants it:
//   path      of the issuer, "/oidc" for instance
//   postOnly  client_secret_post is all it takes
//   conform   an id_token has the subject alone; claims about people are at userinfo (OpenID Connect Core §5.4)
//   pushed    it takes authorization requests that were pushed only (RFC 9126)
//   dpop      tokens are bound to a key, when the client has one (RFC 9449)
//   format    jwt or opaque: of access tokens for the API that a client names as `resource`, which may introspect them as "pimsd:1"
// On standard output the lines "issuer URL", "redirect URL" and "control URL" when it listens. The control server, on loopback too:
//   POST /rotate        signs with new keys from now on, access tokens with the other algorithm; the old ones are gone, and nonces with them
//   POST /tamper?WHAT   changes every id_token that it gives out, see tamper.mjs; without WHAT no more
//   POST /steal?TOKEN   uses a refresh token of the client "native" as a thief would
//   POST /nonce?on      wants a nonce in every proof from now on; without "on" no more
//   POST /browse        the body is the URL of a page: a browser signs in and agrees as alice; the answer is the redirect's URL
//   GET  /log           [{method, path, ...}]: token requests with grant, how the client authenticated, refresh tokens, and what the proof says
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import crypto from "node:crypto";
import Provider from "oidc-provider";
import { Browser } from "./browser.mjs";
import { tamper } from "./tamper.mjs";

const { more, ...settings } = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
Object.assign(settings, { path: "" }, more);
const origin = `https://127.0.0.1:${settings.port}`;
const issuer = origin + settings.path;

const user = (name, preferred_username, email) => ({ password: `${name}-password`, claims: { preferred_username, email, email_verified: true } });
const users = {
	alice: user("alice", "alice", "alice@example.com"),
	// the address of an account that pimsd has of its own: it must not open that one
	...Object.fromEntries(["jo", "kim", "lea"].map((name) => [name, user(name, `${name} of others`, "demo@example.com")])),
};

const native = { application_type: "native", grant_types: ["authorization_code", "refresh_token"], response_types: ["code"],
	redirect_uris: ["http://127.0.0.1/callback", settings.redirect], post_logout_redirect_uris: [settings.redirect] };
const clients = [
	{ ...native, client_id: "native", token_endpoint_auth_method: "none" },
	...["ES256", "ES384", "PS256"].map((alg) => ({ ...native, client_id: `native-${alg.toLowerCase()}`, token_endpoint_auth_method: "none",
		id_token_signed_response_alg: alg })),
	{ ...native, client_id: "with post", token_endpoint_auth_method: "client_secret_post", client_secret: settings.secret },
];
// what has to be encoded before it goes into Basic (RFC 6749 §2.3.1)
if (!settings.postOnly) clients.push({ ...native, client_id: "with:basic +%", token_endpoint_auth_method: "client_secret_basic", client_secret: settings.secret });
if (settings.format) clients.push({ client_id: "pimsd:1", client_secret: settings.secret, grant_types: ["client_credentials"], response_types: [], redirect_uris: [] });

/* --- keys --- */

let generation = 0;
let keys;

function makeKeys() {
	const rsa = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
	const pss = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
	const ec = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
	const ec384 = crypto.generateKeyPairSync("ec", { namedCurve: "P-384" });
	generation++;
	const named = (pair, kid, alg) => ({ ...pair, jwk: { ...pair.privateKey.export({ format: "jwk" }), kid: `${kid}-${generation}`, alg, use: "sig" } });
	return { RS256: named(rsa, "rsa", "RS256"), PS256: named(pss, "pss", "PS256"), ES256: named(ec, "ec", "ES256"), ES384: named(ec384, "ec384", "ES384") };
}

/* --- pages --- */

const escape = (text) => String(text).replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
const page = (title, body) => `<!doctype html><title>${escape(title)}</title><h1>${escape(title)}</h1>${body}`;

const forms = {
	login: (uid) => page("Sign in", `<form method="post" action="${settings.path}/interaction/${uid}"><input name="username"><input name="password" type="password">
		<button name="go" value="yes">Sign in</button></form>`),
	consent: (uid) => page("Allow", `<form method="post" action="${settings.path}/interaction/${uid}"><input type="hidden" name="consent" value="yes">
		<button name="go" value="yes">Allow</button></form>`),
};

async function readBody(request) {
	let body = "";
	for await (const chunk of request) body += chunk;
	return body;
}

async function grantFor(provider, details) {
	const { grantId, params, session, prompt } = details;
	const grant = grantId ? await provider.Grant.find(grantId) : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
	const { missingOIDCScope: missing, missingResourceScopes: ofApis } = prompt.details;
	if (missing) grant.addOIDCScope(missing.join(" "));
	for (const [api, scopes] of Object.entries(ofApis ?? {})) grant.addResourceScope(api, scopes.join(" "));
	return { consent: { grantId: await grant.save() } };
}

async function finish(provider, context, details) {
	const form = new URLSearchParams(await readBody(context.req));
	if (details.prompt.name === "consent") return grantFor(provider, details);
	const user = users[form.get("username")];
	return user?.password === form.get("password") ? { login: { accountId: form.get("username") } } : null;
}

function interactions(provider) {
	return async (context, next) => {
		if (!context.path.startsWith("/interaction/")) return next();
		const details = await provider.interactionDetails(context.req, context.res);
		const result = context.method === "POST" ? await finish(provider, context, details) : null;
		if (result) return context.redirect(await provider.interactionResult(context.req, context.res, result, { mergeWithLastSubmission: details.prompt.name === "consent" }));
		context.type = "html";
		context.body = forms[details.prompt.name](details.uid);
	};
}

/* --- what the tests see and change --- */

const log = [];
let tampering = null;
let wantsNonce = false;

function credentials(context) {
	if (context.get("authorization")) return "basic";
	return context.oidc?.body?.client_secret ? "post" : "none";
}

// What a proof says, unchecked: that is the provider's business.
function proofOf(context) {
	const proof = context.get("DPoP");
	if (!proof) return undefined;
	const [{ jwk }, { jti, nonce }] = proof.split(".").slice(0, 2).map((part) => JSON.parse(Buffer.from(part, "base64url").toString()));
	return { x: jwk.x, jti, nonce };
}

async function observe(context, next) {
	const entry = { method: context.method, path: context.path };
	log.push(entry);
	await next();
	entry.status = context.status;
	const body = context.oidc?.body;
	if (context.path !== "/token" || context.method !== "POST") {
		if (body?.token) Object.assign(entry, { token: body.token, hint: body.token_type_hint });
		return;
	}
	Object.assign(entry, { grant: body?.grant_type, credentials: credentials(context), given: body?.refresh_token, verifier: Boolean(body?.code_verifier),
		issued: context.body?.refresh_token, type: context.body?.token_type, error: context.body?.error, proof: proofOf(context) });
	if (tampering && context.body?.id_token)
		context.body = { ...context.body, id_token: tamper(context.body.id_token, tampering, keys, settings.secret) };
}

/* --- the provider --- */

// What gives access tokens for an API (RFC 8707, RFC 9068), and tells it about them (RFC 7662).
const forApis = () => ({
	scopes: ["openid", "offline_access", "car:otp"],
	extraTokenClaims: (context, token) => users[token.accountId]?.claims,
	issueRefreshToken: async (context, client) => client.grantTypeAllowed("refresh_token"),
});
const featuresForApis = () => ({
	clientCredentials: { enabled: true },
	introspection: { enabled: true },
	resourceIndicators: {
		enabled: true,
		getResourceServerInfo: (context, resource) => ({ audience: resource, scope: "car:otp", accessTokenFormat: settings.format,
			jwt: { sign: { alg: generation % 2 ? "RS256" : "ES256" } } }),
	},
});
const binding = () => ({ dPoP: { enabled: true, nonceSecret: crypto.randomBytes(32), requireNonce: () => wantsNonce } });

function makeProvider() {
	keys = makeKeys();
	const provider = new Provider(issuer, {
		clients,
		jwks: { keys: Object.values(keys).map((key) => key.jwk) },
		enabledJWA: { idTokenSigningAlgValues: Object.keys(keys) },
		cookies: { keys: ["only for tests"] },
		features: { devInteractions: { enabled: false }, revocation: { enabled: true }, rpInitiatedLogout: { enabled: true, logoutSource },
			...(settings.pushed && { pushedAuthorizationRequests: { enabled: true, requirePushedAuthorizationRequests: true } }),
			...(settings.dpop && binding()), ...(settings.format && featuresForApis()) },
		interactions: { url: (context, interaction) => `${settings.path}/interaction/${interaction.uid}` },
		claims: { openid: ["sub"], profile: ["preferred_username"], email: ["email", "email_verified"] },
		conformIdTokenClaims: Boolean(settings.conform),
		...(settings.postOnly && { clientAuthMethods: ["none", "client_secret_post"] }),
		pkce: { methods: ["S256"], required: () => true },
		rotateRefreshToken: true,
		...(settings.format && forApis()),
		ttl: { AccessToken: 3600, ClientCredentials: 3600, IdToken: 3600, RefreshToken: 86400, AuthorizationCode: 60, Grant: 86400, Session: 86400, Interaction: 600 },
		findAccount: (context, id) => users[id] && { accountId: id, claims: () => ({ sub: id, ...users[id].claims }) },
	});
	provider.use(observe);
	provider.use(interactions(provider));
	return provider.callback();
}

function logoutSource(context, form) {
	context.body = page("Sign out", `${form}<button form="op.logoutForm" name="logout" value="yes">Sign out</button>`);
}

let handle = makeProvider();

function serve(request, response) {
	if (!request.url.startsWith(`${settings.path}/`)) return response.writeHead(404).end();
	request.originalUrl = request.url; // by which the provider knows what stands before its own paths
	request.url = request.url.slice(settings.path.length);
	return handle(request, response);
}

const secure = https.createServer({ cert: fs.readFileSync(settings.cert), key: fs.readFileSync(settings.key) }, serve);

function steal(token) {
	const body = new URLSearchParams({ grant_type: "refresh_token", client_id: "native", refresh_token: token }).toString();
	const headers = { "Content-Type": "application/x-www-form-urlencoded" };
	return new Promise((done, failed) => https.request(`${issuer}/token`, { method: "POST", ca: fs.readFileSync(settings.ca), headers },
		(answer) => answer.resume().on("end", done)).on("error", failed).end(body));
}

const browser = new Browser({ username: "alice", password: "alice-password" });

async function browse(request) {
	try {
		return (await browser.walk(await readBody(request), settings.redirect)).href;
	} catch (error) {
		return `${error.message} ${error.cause?.message ?? ""}`;
	}
}

const control = http.createServer(async (request, response) => {
	const url = new URL(request.url, "http://127.0.0.1");
	if (url.pathname === "/browse") return response.end(await browse(request));
	if (url.pathname === "/rotate") handle = makeProvider();
	else if (url.pathname === "/steal") await steal(url.search.slice(1));
	else if (url.pathname === "/nonce") wantsNonce = url.search === "?on";
	else if (url.pathname === "/tamper") tampering = url.search.slice(1) || null;
	response.end(JSON.stringify(url.pathname === "/log" ? log : {}));
});

secure.listen(settings.port, "127.0.0.1", () => control.listen(0, "127.0.0.1", () =>
	console.log(`issuer ${issuer}\nredirect ${settings.redirect}\ncontrol http://127.0.0.1:${control.address().port}`)));

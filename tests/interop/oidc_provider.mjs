// SPDX-License-Identifier: Apache-2.0
// npm's oidc-provider on https://127.0.0.1:PORT, in memory, with pages of its own, and what the tests do to it: node oidc_provider.mjs SETTINGS.json
//
// SETTINGS: port, cert and key (PEM files), redirect (with its port, for what compares letter by letter), postOnly (client_secret_post is all it takes).
// On standard output a line "control URL" when it listens. The control server, on loopback too:
//   POST /rotate        signs with new keys from now on; the old ones are gone
//   POST /tamper?WHAT   changes every id_token that it gives out, see tamper.mjs; without WHAT no more
//   POST /steal?TOKEN   uses a refresh token of the client "native" as a thief would
//   POST /browse        the body is the URL of a page: a browser signs in and agrees as alice; the answer is the redirect's URL
//   GET  /log           [{method, path, ...}]: token requests with grant, how the client authenticated, and refresh tokens
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import crypto from "node:crypto";
import Provider from "oidc-provider";
import { Browser } from "./browser.mjs";
import { tamper } from "./tamper.mjs";

const settings = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const issuer = `https://127.0.0.1:${settings.port}`;
const users = { alice: { password: "alice-password", claims: { preferred_username: "alice", email: "alice@example.com" } } };

const native = { application_type: "native", grant_types: ["authorization_code", "refresh_token"], response_types: ["code"],
	redirect_uris: ["http://127.0.0.1/callback", settings.redirect], post_logout_redirect_uris: [settings.redirect] };
const clients = [
	{ ...native, client_id: "native", token_endpoint_auth_method: "none" },
	{ ...native, client_id: "native-es256", token_endpoint_auth_method: "none", id_token_signed_response_alg: "ES256" },
	{ ...native, client_id: "with post", token_endpoint_auth_method: "client_secret_post", client_secret: settings.secret },
];
// what has to be encoded before it goes into Basic (RFC 6749 §2.3.1)
if (!settings.postOnly) clients.push({ ...native, client_id: "with:basic +%", token_endpoint_auth_method: "client_secret_basic", client_secret: settings.secret });

/* --- keys --- */

let generation = 0;
let keys;

function makeKeys() {
	const rsa = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
	const ec = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
	generation++;
	return {
		RS256: { ...rsa, jwk: { ...rsa.privateKey.export({ format: "jwk" }), kid: `rsa-${generation}`, alg: "RS256", use: "sig" } },
		ES256: { ...ec, jwk: { ...ec.privateKey.export({ format: "jwk" }), kid: `ec-${generation}`, alg: "ES256", use: "sig" } },
	};
}

/* --- pages --- */

const escape = (text) => String(text).replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
const page = (title, body) => `<!doctype html><title>${escape(title)}</title><h1>${escape(title)}</h1>${body}`;

const forms = {
	login: (uid) => page("Sign in", `<form method="post" action="/interaction/${uid}"><input name="username"><input name="password" type="password">
		<button name="go" value="yes">Sign in</button></form>`),
	consent: (uid) => page("Allow", `<form method="post" action="/interaction/${uid}"><input type="hidden" name="consent" value="yes">
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
	const missing = prompt.details.missingOIDCScope;
	if (missing) grant.addOIDCScope(missing.join(" "));
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

function credentials(context) {
	if (context.get("authorization")) return "basic";
	return context.oidc?.body?.client_secret ? "post" : "none";
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
		issued: context.body?.refresh_token });
	if (tampering && context.body?.id_token)
		context.body = { ...context.body, id_token: tamper(context.body.id_token, tampering, keys, settings.secret) };
}

/* --- the provider --- */

function makeProvider() {
	keys = makeKeys();
	const provider = new Provider(issuer, {
		clients,
		jwks: { keys: [keys.RS256.jwk, keys.ES256.jwk] },
		cookies: { keys: ["only for tests"] },
		features: { devInteractions: { enabled: false }, revocation: { enabled: true }, rpInitiatedLogout: { enabled: true, logoutSource } },
		interactions: { url: (context, interaction) => `/interaction/${interaction.uid}` },
		claims: { openid: ["sub"], profile: ["preferred_username"], email: ["email"] },
		conformIdTokenClaims: false,
		...(settings.postOnly && { clientAuthMethods: ["none", "client_secret_post"] }),
		pkce: { methods: ["S256"], required: () => true },
		rotateRefreshToken: true,
		ttl: { AccessToken: 3600, IdToken: 3600, RefreshToken: 86400, AuthorizationCode: 60, Grant: 86400, Session: 86400, Interaction: 600 },
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
const secure = https.createServer({ cert: fs.readFileSync(settings.cert), key: fs.readFileSync(settings.key) }, (request, response) => handle(request, response));

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
	else if (url.pathname === "/tamper") tampering = url.search.slice(1) || null;
	response.end(JSON.stringify(url.pathname === "/log" ? log : {}));
});

secure.listen(settings.port, "127.0.0.1", () => control.listen(0, "127.0.0.1", () => console.log(`control http://127.0.0.1:${control.address().port}`)));

// SPDX-License-Identifier: Apache-2.0
// id_tokens as an attacker, or a broken provider, would make them. Claims are changed under the provider's true key, so that nothing but the check of
// the claim can notice.
import crypto from "node:crypto";

const encode = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const decode = (part) => JSON.parse(Buffer.from(part, "base64url").toString());

const signers = {
	RS256: (input, key) => crypto.sign("sha256", input, key),
	ES256: (input, key) => crypto.sign("sha256", input, { key, dsaEncoding: "ieee-p1363" }),
};

function join(header, claims, sign) {
	const input = `${encode(header)}.${encode(claims)}`;
	return `${input}.${sign(Buffer.from(input)).toString("base64url")}`;
}

const hmac = (secret) => (input) => crypto.createHmac("sha256", secret).update(input).digest();

/** Claims alone. */
const claims = {
	issuer: { iss: "https://127.0.0.1:1" },
	audience: { aud: "another" },
	audiences: (old) => ({ aud: [old.aud, "another"] }),
	party: { azp: "another" },
	subject: { sub: "mallory" },
	expired: (old) => ({ exp: old.iat - 3600, iat: old.iat - 7200 }),
	future: (old) => ({ iat: old.iat + 3600, exp: old.exp + 7200 }),
	nonce: { nonce: "another" },
	no_nonce: { nonce: undefined },
	at_hash: { at_hash: "AAAAAAAAAAAAAAAAAAAAAA" },
	stale: (old) => ({ auth_time: old.iat - 86400 }),
};

/** Header and signature. `key` is the provider's own, `text` its public half as a PEM file. */
const signatures = {
	none: (header, body) => `${encode({ ...header, alg: "none" })}.${encode(body)}.`,
	none_signed: (header, body, key) => join({ ...header, alg: "none" }, body, (input) => signers[header.alg](input, key.privateKey)),
	hs256_pem: (header, body, key) => join({ ...header, alg: "HS256" }, body, hmac(key.publicKey.export({ type: "spki", format: "pem" }))),
	hs256_jwk: (header, body, key) => join({ ...header, alg: "HS256" }, body, hmac(JSON.stringify(key.publicKey.export({ format: "jwk" })))),
	hs256_secret: (header, body, key, secret) => join({ ...header, alg: "HS256" }, body, hmac(secret)),
	hmac_as_signature: (header, body, key) => join(header, body, hmac(key.publicKey.export({ type: "spki", format: "pem" }))),
	signature: (header, body) => join(header, body, (input) => signers[header.alg](input, otherKey(header.alg))),
	unknown_key: (header, body) => join({ ...header, kid: "unknown" }, body, (input) => signers[header.alg](input, otherKey(header.alg))),
	own_key: (header, body) => {
		const jwk = crypto.createPublicKey(otherKey(header.alg)).export({ format: "jwk" });
		return join({ ...header, jwk }, body, (input) => signers[header.alg](input, otherKey(header.alg)));
	},
	critical: (header, body, key) => join({ ...header, crit: ["x"], x: 1 }, body, (input) => signers[header.alg](input, key.privateKey)),
	cut: (header, body, key) => join(header, body, (input) => signers[header.alg](input, key.privateKey).subarray(0, 20)),
	changed: (header, body, key) => join(header, body, (input) => signers[header.alg](Buffer.concat([input, Buffer.from("x")]), key.privateKey)),
};

const others = {};

function otherKey(algorithm) {
	others[algorithm] ??= (algorithm === "RS256" ? crypto.generateKeyPairSync("rsa", { modulusLength: 2048 }) : crypto.generateKeyPairSync("ec", { namedCurve: "P-256" }))
		.privateKey;
	return others[algorithm];
}

export function tamper(token, what, keys, secret) {
	const [header, body] = token.split(".").slice(0, 2).map(decode);
	const key = keys[header.alg];
	if (signatures[what]) return signatures[what](header, body, key, secret);
	if (!claims[what]) throw new Error(`tamper: what is ${what}?`);
	const changes = typeof claims[what] === "function" ? claims[what](body) : claims[what];
	return join(header, { ...body, ...changes }, (input) => signers[header.alg](input, key.privateKey));
}

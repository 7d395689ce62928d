// SPDX-License-Identifier: Apache-2.0
// Asks the browser for a passkey when the form is sent, and sends what it answers (W3C Web Authentication Level 2). The page's texts are in the form.
"use strict";

(() => {
	const form = document.querySelector("form[data-passkey]");
	const page = form.dataset;
	const problem = document.getElementById("problem");
	let asked = false;

	const decode = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));
	const encode = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
	const challenge = new TextEncoder().encode(form.form_token.value);
	const credentials = page.credentials.split(" ").filter((id) => id).map((id) => ({ type: "public-key", id: decode(id) }));

	const use = () => navigator.credentials.get({
		publicKey: { challenge, rpId: page.party, allowCredentials: credentials, userVerification: "discouraged", timeout: 300000 },
	});
	const create = () => navigator.credentials.create({
		publicKey: {
			challenge,
			rp: { id: page.party, name: page.party },
			user: { id: decode(page.user), name: page.account, displayName: page.account },
			pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key", alg })),
			excludeCredentials: credentials,
			authenticatorSelection: { residentKey: "discouraged", userVerification: "discouraged" },
			attestation: "none",
			timeout: 300000,
		},
	});

	const fill = ({ id, response }) => {
		form.credential.value = id;
		form.client_data.value = encode(response.clientDataJSON);
		form.authenticator_data.value = encode(response.authenticatorData || response.getAuthenticatorData());
		form.signature.value = response.signature ? encode(response.signature) : "";
	};

	const tell = (error) => {
		problem.textContent = error.name === "InvalidStateError" ? page.known : page.failed;
		problem.hidden = false;
		asked = false;
	};

	form.addEventListener("submit", async (event) => {
		if (event.submitter?.formNoValidate) return;
		event.preventDefault();
		if (asked) return;
		asked = true;
		problem.hidden = true;
		try {
			fill(await (page.passkey === "create" ? create() : use()));
			form.submit();
		} catch (error) {
			tell(error);
		}
	});
})();

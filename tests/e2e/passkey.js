// SPDX-License-Identifier: Apache-2.0
// A passkey of Chromium's own virtual authenticator, which knows nothing of ours: node passkey.js URL CHROMIUM SCREENSHOT_FOLDER
// WIDTH LANGUAGE [wanted]; wanted: the server lets nobody in without one.
// URL's host is localhost, since passkeys belong to a name. Pages are gone through by keyboard alone.
"use strict";

const assert = require("node:assert");
const { Application } = require("./application.js");
const { Browser } = require("./browser.js");
const { pages } = require("./pages.js");

const [url, chromium, folder, widthText, language, wanted] = process.argv.slice(2);
const width = Number(widthText);
const { check, checkKeyboard, go, fill, press } = pages("passkey", width, language);
const DEMO = { username: "demo@example.com", password: "demo-password" };
const DEVICES = url + "/account/devices?ui_locales=" + language;

async function plug(browser, more) {
	const { authenticatorId } = await browser.send("WebAuthn.addVirtualAuthenticator", {
		options: { protocol: "ctap2", transport: "usb", automaticPresenceSimulation: true, isUserVerified: false, ...more },
	});
	return authenticatorId;
}

/** The form's own button, up to the page that comes. */
async function submit(browser, name) {
	await press(browser, "form[data-passkey] button:not([name])");
	await browser.until("!window.old && document.readyState === 'complete'");
	if (name) await check(browser, name);
}

async function problem(browser, text) {
	await browser.until("document.getElementById('problem').checkVisibility()");
	assert.equal(await browser.evaluate("document.getElementById('problem').textContent"), await browser.evaluate("document.forms[0].dataset." + text));
}

async function signIn(browser, app, more, name) {
	await go(browser, app.page("/am/oauth2/authorize", { response_type: "code", scope: "openid", prompt: "login", ...more }), "sign-in");
	await fill(browser, DEMO, name);
}

async function level(app, browser) {
	const session = await app.token({ grant_type: "authorization_code", code: (await app.back(browser)).get("code") });
	return JSON.parse(Buffer.from(session.id_token.split(".")[1], "base64url")).acr;
}

async function add(browser) {
	await go(browser, DEVICES, "devices-sign-in");
	await fill(browser, DEMO, "devices-none");
	await checkKeyboard(browser, "devices-none");
	await press(browser, "[name=add_passkey]");
	await browser.until("!window.old && document.querySelector('[data-passkey=create]')");
	await check(browser, "create");
	await checkKeyboard(browser, "create");
	await fill(browser, { name: "Blue <key>" }, "first");
	await submit(browser, "devices");
	assert.equal(await browser.evaluate("document.querySelector('[name=remove_passkey]').closest('li').querySelector('h3').textContent"), "Blue <key>");
	/* it is not made twice on one authenticator: the browser says so */
	await press(browser, "[name=add_passkey]");
	await browser.until("!window.old && document.querySelector('[data-passkey=create]')");
	await press(browser, "form[data-passkey] button:not([name])");
	await problem(browser, "known");
	await check(browser, "known");
}

/* The authenticator is bent: what it signs then is refused, and the same page asks again. */
async function useIt(browser, app, authenticatorId) {
	await signIn(browser, app, {}, "use");
	await checkKeyboard(browser, "use");
	for (const bit of ["isBogusSignature", "isBadUP"]) {
		await browser.send("WebAuthn.setResponseOverrideBits", { authenticatorId, [bit]: true });
		await submit(browser, "refused");
		assert.ok((await browser.evaluate("document.querySelector('#error').textContent")).length > 10, bit);
		assert.equal(app.came.length, 0);
	}
	await browser.send("WebAuthn.setResponseOverrideBits", { authenticatorId });
	await submit(browser);
	assert.equal(await level(app, browser), "phr");
}

/* The same name at another address, as a page that only looks like ours has it: the browser signs nothing there. */
async function elsewhere(browser) {
	await browser.send("Page.navigate", { url: url.replace("localhost", "127.0.0.1") + "/account/devices" });
	await browser.until("location.hostname === '127.0.0.1' && document.readyState === 'complete'");
	const asked = "navigator.credentials.get({ publicKey: { challenge: new Uint8Array(32), rpId: 'localhost' } }).then(() => 'signed', (error) => error.name)";
	assert.equal(await browser.evaluate(asked), "SecurityError");
	browser.problems.length = 0;
}

async function changePassword(browser, app) {
	const wanted = { ...DEMO, new_password: "seven green buses", new_password2: "seven green buses" };
	await browser.send("Network.clearBrowserCookies");
	await go(browser, app.page("/account/password"), "password");
	await fill(browser, wanted, "password-use");
	await submit(browser, "password-again");
	await fill(browser, wanted);
	assert.equal((await app.back(browser)).get("result"), "done");
	DEMO.password = wanted.new_password;
}

async function remove(browser, app) {
	await signIn(browser, app, { acr_values: "phr" });
	await submit(browser);
	assert.equal(await level(app, browser), "phr");
	await go(browser, DEVICES, "devices");
	await browser.evaluate("document.querySelector('[name=remove_passkey]').closest('details').open = true");
	await check(browser, "remove");
	await press(browser, "[name=remove_passkey]");
	await browser.until("!window.old && document.readyState === 'complete'");
	assert.equal(await browser.evaluate("document.querySelectorAll('[name=remove_passkey]').length"), 0);
	await go(browser, app.page("/am/oauth2/authorize", { response_type: "code", scope: "openid", prompt: "login" }), "sign-in");
	await fill(browser, DEMO);
	assert.equal(await level(app, browser), "urn:openpims:acr:password");
}

/* Who has none registers it on the way in. */
async function registerAtSignIn(browser, app) {
	await signIn(browser, app, {}, "wanted-create");
	await checkKeyboard(browser, "wanted-create");
	await submit(browser, "wanted-first");
	assert.equal(app.came.length, 0);
	await submit(browser);
	assert.equal(await level(app, browser), "phr");
}

async function main() {
	const browser = new Browser(chromium, folder, "passkey");
	const app = new Application(url, language);
	await app.start();
	try {
		await browser.open();
		await browser.send("Network.enable");
		await browser.send("WebAuthn.enable");
		await browser.resize(width, "light");
		DEMO.password = process.env.PASSWORD;
		const authenticatorId = await plug(browser, {});
		if (wanted) {
			await registerAtSignIn(browser, app);
			return;
		}
		await add(browser);
		await useIt(browser, app, authenticatorId);
		await elsewhere(browser);
		await changePassword(browser, app);
		await remove(browser, app);
	} finally {
		await browser.close();
		app.server.close();
	}
}

main().then(() => process.exit(0), (error) => {
	console.error(error);
	process.exit(1);
});

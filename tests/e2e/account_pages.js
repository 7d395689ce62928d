// SPDX-License-Identifier: Apache-2.0
// Drives pimsd's pages of the account in headless Chromium, by keyboard alone: node account_pages.js URL CHROMIUM SCREENSHOT_FOLDER WIDTH LANGUAGE.
// The demo account has one enrolled device. Every page is looked at when it comes, narrow and wide, light and dark (check()).
"use strict";

const assert = require("node:assert");
const { execFileSync } = require("node:child_process");
const { Application } = require("./application.js");
const { Browser } = require("./browser.js");
const { pages } = require("./pages.js");

const [url, chromium, folder, widthText, language] = process.argv.slice(2);
const width = Number(widthText);
const { check, checkKeyboard, go, fill, press, assertError } = pages("account", width, language);
const PASSWORD = "seven green buses", NEW_PASSWORD = "eleven grey vans";
const DEMO = { email: "demo@example.com", password: "demo-password" };

async function mailedCode(email) {
	const { messages } = await (await fetch(url + "/sandbox/mail")).json();
	const mail = messages.filter((message) => message.to === email).pop();
	return mail.text.match(/\b\d{8}\b/)[0];
}

/* --- the pages --- */

async function createAccount(browser, app, email) {
	await go(browser, app.page("/account/create"), "create");
	await checkKeyboard(browser, "create");
	await fill(browser, { username: email, password: PASSWORD, password2: "something else" }, "create-error");
	await assertError(browser, "create");
	assert.equal(await browser.evaluate("document.querySelector('[name=username]').value"), email);
	await fill(browser, { password: PASSWORD, password2: PASSWORD }, "create-code");
	await fill(browser, { code: "00000000" }, "create-code-error");
	await assertError(browser, "code");
	await fill(browser, { code: await mailedCode(email) });
	assert.equal((await app.back(browser)).get("result"), "done");
}

async function signIn(browser, app, email, password) {
	await go(browser, app.page("/am/oauth2/authorize", { response_type: "code", scope: "openid", prompt: "login" }), "sign-in");
	await fill(browser, { username: email, password: "wrong" }, "sign-in-error");
	await assertError(browser, "sign-in");
	await fill(browser, { password });
	const session = await app.token({ grant_type: "authorization_code", code: (await app.back(browser)).get("code") });
	assert.equal(session.status, 200);
	return session;
}

async function changeEmail(browser, app, email, session) {
	const changed = "new-" + email;
	await go(browser, app.page("/account/email", { id_token_hint: session.id_token }), "email");
	assert.equal(await browser.evaluate("document.querySelector('[name=username]').value"), email);
	await checkKeyboard(browser, "email");
	await fill(browser, { password: "wrong", email: changed }, "email-error");
	await assertError(browser, "email");
	await fill(browser, { password: PASSWORD, email: changed }, "email-code");
	await fill(browser, { code: await mailedCode(changed) });
	assert.equal((await app.back(browser)).get("result"), "done");
	return changed;
}

async function changePassword(browser, app, session, other) {
	await go(browser, app.page("/account/password", { id_token_hint: session.id_token }), "password");
	await checkKeyboard(browser, "password");
	await fill(browser, { password: PASSWORD, new_password: NEW_PASSWORD, new_password2: "different words" }, "password-error");
	await assertError(browser, "password");
	await fill(browser, { password: PASSWORD, new_password: NEW_PASSWORD, new_password2: NEW_PASSWORD });
	assert.equal((await app.back(browser)).get("result"), "done");
	assert.equal((await app.refresh(session)).status, 200, "the session that changed it lives on");
	assert.equal((await app.refresh(other)).error, "invalid_grant", "every other session has ended");
}

async function cancel(browser, app) {
	for (const page of ["create", "email", "password"]) {
		await go(browser, app.page("/account/" + page), page + "-empty");
		await press(browser, "[name=cancel]");
		assert.equal((await app.back(browser)).get("error"), "access_denied", page);
	}
}

/* A one-time password of the enrolled device: nobody needs to be signed in there. */
const otp = () => execFileSync(process.env.PIMS_BIN, ["--state", process.env.PIMS_STATE, "otp", "--signed-out"], { encoding: "utf8" }).trim();

/* An application asks for more than the password. */
async function secondFactor(browser, app) {
	const acr = "urn:openpims:acr:otp";
	await go(browser, app.page("/am/oauth2/authorize", { response_type: "code", scope: "openid", prompt: "login", acr_values: acr }), "sign-in");
	await fill(browser, { username: DEMO.email, password: DEMO.password }, "otp");
	await checkKeyboard(browser, "otp");
	await fill(browser, { otp: "00000000" }, "otp-error");
	await assertError(browser, "otp");
	await fill(browser, { otp: otp() });
	const session = await app.token({ grant_type: "authorization_code", code: (await app.back(browser)).get("code") });
	assert.equal(JSON.parse(Buffer.from(session.id_token.split(".")[1], "base64url")).acr, acr);
	await go(browser, url + "/account/devices?ui_locales=" + language, "devices");
	await press(browser, "[name=sign_out]");
	await browser.until("!window.old && document.readyState === 'complete'");
}

/* The device that is enrolled vouches for another one. */
async function addDevice(browser) {
	await press(browser, "[name=add]");
	await browser.until("!window.old && document.querySelector('[name=otp]')");
	await check(browser, "devices-otp");
	await checkKeyboard(browser, "devices-otp");
	await fill(browser, { otp: "00000000" }, "devices-otp-error");
	await assertError(browser, "devices-otp");
	await fill(browser, { otp: otp() }, "devices-code");
	assert.match(await browser.evaluate("document.querySelector('.code').textContent"), /^\d{8}$/);
	await go(browser, url + "/account/devices?ui_locales=" + language, "devices");
}

async function removeDevice(browser) {
	const path = url + "/account/devices?ui_locales=" + language;
	await go(browser, path, "devices-sign-in");
	await fill(browser, { username: DEMO.email, password: DEMO.password }, "devices");
	await checkKeyboard(browser, "devices");
	await addDevice(browser);
	assert.equal(await browser.evaluate("document.querySelectorAll('[name=remove]').length"), 1);
	assert.equal(await browser.evaluate("document.querySelector('[name=remove]').checkVisibility()"), false, "it is asked for twice");
	await press(browser, "summary");
	await browser.until("document.querySelector('details').open");
	await check(browser, "devices-remove");
	await checkKeyboard(browser, "devices-remove");
	await press(browser, "[name=remove]");
	await browser.until("!window.old && document.readyState === 'complete'");
	await check(browser, "devices-none");
	assert.equal(await browser.evaluate("document.querySelectorAll('[name=remove]').length"), 0);
	const { accounts } = await (await fetch(url + "/sandbox/accounts")).json();
	assert.equal(accounts.find((account) => account.username === DEMO.email).devices.length, 0);
}

/* The browser is signed in: an application that cannot prove itself gets nothing without a yes. */
async function sayYes(browser, app) {
	const request = { client_id: "pims", response_type: "code", scope: "openid", code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
		code_challenge_method: "S256" };
	await go(browser, app.page("/am/oauth2/authorize", request), "go-on");
	assert.equal(app.came.length, 0);
	assert.ok((await browser.evaluate("document.querySelector('main').innerText")).includes(DEMO.email));
	await checkKeyboard(browser, "go-on");
	await press(browser, "button:not([name])");
	assert.equal((await app.back(browser)).get("code").length, 36);
	await go(browser, app.page("/am/oauth2/authorize", request), "go-on");
	await press(browser, "[name=cancel]");
	assert.equal((await app.back(browser)).get("error"), "access_denied");
	await go(browser, app.page("/am/oauth2/authorize", request), "go-on");
	await press(browser, "[name=again]");
	await browser.until("!window.old && document.querySelector('[name=password]')");
}

/* Which applications are signed in; one of them is ended, then the browser signs out. */
async function endSession(browser) {
	await go(browser, url + "/account/devices?ui_locales=" + language, "sessions");
	const count = await browser.evaluate("document.querySelectorAll('[name=end]').length");
	assert.ok(count >= 1);
	await press(browser, "li details summary");
	await browser.until("document.querySelector('details').open");
	await check(browser, "sessions-end");
	await checkKeyboard(browser, "sessions-end");
	await press(browser, "[name=end]");
	await browser.until("!window.old && document.readyState === 'complete'");
	assert.equal(await browser.evaluate("document.querySelectorAll('[name=end]').length"), count - 1);
	await press(browser, "[name=sign_out]");
	await browser.until("!window.old && document.readyState === 'complete'");
	await check(browser, "signed-out");
	await go(browser, url + "/account/devices?ui_locales=" + language, "devices-sign-in");
	assert.ok(await browser.evaluate("!!document.querySelector('[name=password]')"));
}

async function errors(browser, app) {
	await go(browser, app.page("/account/create", { client_id: "nobody" }), "error-client");
	await go(browser, app.page("/am/oauth2/authorize", { response_type: "code", redirect_uri: "https://evil.example/" }), "error-redirect");
}

/* With the operator's code, which is in the environment: nobody else sees it there. */
async function recover(browser) {
	const path = url + "/account/recover?ui_locales=" + language;
	const phone = "+33698" + String(100000 + width);
	await go(browser, path, "recover");
	await checkKeyboard(browser, "recover");
	await fill(browser, { username: DEMO.email, password: DEMO.password, code: "AAAA-AAAA-AAAA-AAAA", phone }, "recover-error");
	await assertError(browser, "recover");
	await fill(browser, { password: DEMO.password, code: process.env.RECOVERY_CODE, phone }, "recover-sms");
	await checkKeyboard(browser, "recover-sms");
	await fill(browser, { sms: "00000000" }, "recover-sms-error");
	await assertError(browser, "recover-sms");
	const { messages } = await (await fetch(url + "/sandbox/sms")).json();
	await fill(browser, { sms: messages.filter((message) => message.purpose === "phoneNumberCertification").pop().code }, "recover-done");
	const { accounts } = await (await fetch(url + "/sandbox/accounts")).json();
	assert.equal(accounts.find((account) => account.username === DEMO.email).phoneNumber.replace(/\s/g, "").slice(-6), phone.slice(-6));
}

/* With the code that the operator sends for and does not see. */
async function reset(browser) {
	const said = execFileSync(process.env.PIMSD_BIN, ["account", "reset-password", DEMO.email, "--issuer", url, "--locale", language, "--data", process.env.DATA],
		{ encoding: "utf8" });
	assert.match(said, /^mailed to demo@example\.com/);
	const { messages } = await (await fetch(url + "/sandbox/mail")).json();
	const { text } = messages.filter((message) => message.to === DEMO.email).pop();
	const passwords = { new_password: DEMO.password, new_password2: DEMO.password };
	await go(browser, text.slice(text.lastIndexOf("http")) + "?ui_locales=" + language, "reset");
	await checkKeyboard(browser, "reset");
	await fill(browser, { username: DEMO.email, code: "AAAA-AAAA-AAAA-AAAA", ...passwords }, "reset-error");
	await assertError(browser, "reset");
	await fill(browser, { code: text.slice(0, 19), ...passwords }, "reset-done");
	assert.equal(await browser.evaluate("document.querySelectorAll('form').length"), 0);
}

async function main() {
	const browser = new Browser(chromium, folder, "account");
	const app = new Application(url, language);
	let email = "somebody-with-a-rather-long-name-" + width + language + "@subdomain.example.com";
	await app.start();
	try {
		await browser.open();
		await browser.resize(width, "light");
		await createAccount(browser, app, email);
		const session = await signIn(browser, app, email, PASSWORD);
		email = await changeEmail(browser, app, email, session);
		await changePassword(browser, app, session, await signIn(browser, app, email, PASSWORD));
		await cancel(browser, app);
		await secondFactor(browser, app);
		await removeDevice(browser);
		await sayYes(browser, app);
		await endSession(browser);
		await errors(browser, app);
		await recover(browser);
		await reset(browser);
	} finally {
		await browser.close();
		app.server.close();
	}
}

main().then(() => process.exit(0), (error) => {
	console.error(error);
	process.exit(1);
});

// SPDX-License-Identifier: Apache-2.0
// Looks at the sandbox's page in headless Chromium: node page.js URL CHROMIUM SCREENSHOT_FOLDER
"use strict";

const assert = require("node:assert");
const { Browser } = require("./browser.js");

const [url, chromium, folder] = process.argv.slice(2);

/* --- an application --- */

async function signIn() {
	const redirect = "http://127.0.0.1/app";
	const authorize = url + "/am/oauth2/authorize?" + new URLSearchParams({ response_type: "code", client_id: "demo", redirect_uri: redirect, scope: "openid", state: "s" });
	const page = await (await fetch(authorize)).text();
	const form = new URLSearchParams({ username: "demo@example.com", password: "demo-password" });
	for (const [, name, value] of page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)) form.set(name, value.replaceAll("&amp;", "&"));
	const answer = await fetch(url + "/am/oauth2/authorize", { method: "POST", body: form, redirect: "manual" });
	const code = new URL(answer.headers.get("location")).searchParams.get("code");
	const body = new URLSearchParams({ grant_type: "authorization_code", code, redirect_uri: redirect, client_id: "demo", client_secret: "demo" });
	return (await (await fetch(url + "/am/oauth2/access_token", { method: "POST", body })).json()).access_token;
}

async function call(token, method, target) {
	return (await fetch(url + target, { method, headers: { Authorization: "Bearer " + token } })).status;
}

/* --- what is looked at --- */

async function aMessageArrivesLive(browser, token) {
	assert.equal(await browser.evaluate("document.querySelectorAll('#messages li').length"), 0);
	assert.equal(await call(token, "POST", "/applications/cvs/v4/mobile/smsCode?client_id=demo"), 202);
	await browser.until("document.querySelector('#messages .digits')?.textContent.length === 8");
	const { messages } = await (await fetch(url + "/sandbox/sms")).json();
	assert.equal(await browser.evaluate("document.querySelector('#messages .digits').textContent"), messages[0].code);
	assert.match(await browser.evaluate("document.getElementById('announce').textContent"), /code \d \d/);
	await browser.evaluate("document.querySelector('#messages button').click()");
	await browser.until("/Copied|Selected/.test(document.querySelector('#messages button').textContent)");
}

/* As a browser sends the form that it was shown. */
async function postForm(address, fields) {
	const page = await (await fetch(address)).text();
	const form = new URLSearchParams(fields);
	for (const [, name, value] of page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)) form.set(name, value.replaceAll("&amp;", "&"));
	return (await fetch(address, { method: "POST", body: form })).status;
}

async function aMailArrivesLive(browser) {
	const address = url + "/account/create?" + new URLSearchParams({ client_id: "demo", redirect_uri: "http://127.0.0.1/app", state: "s" });
	const password = "seven green buses";
	assert.equal(await browser.evaluate("document.querySelectorAll('#mails li').length"), 0);
	assert.equal(await postForm(address, { username: "new@example.com", password, password2: password }), 200);
	await browser.until("document.querySelector('#mails .digits')?.textContent.length === 8");
	assert.match(await browser.evaluate("document.getElementById('mails').textContent"), /To new@example\.com/);
}

/* The panel has each, and the server takes each from it. */
async function everyDocumentedErrorCanBeProvoked(browser) {
	const codes = [2201, 2202, 2204, 2301, 2302, 2305, 2307, 2308, 2309, 2310, 2311, 2312, 2313, 2314, 2315, 2316, 2317, 2344, 2390];
	const values = [...codes.map(String), "slow", "cut", "silent"];
	for (const [index, value] of values.entries()) {
		await browser.evaluate("(() => { const e = document.getElementById('fault'); e.value = '" + value + "'; e.dispatchEvent(new Event('change')); })()");
		assert.equal(await browser.evaluate("document.getElementById('fault').value"), value);
		assert.equal(await browser.evaluate("document.getElementById('done-field').hidden"), value !== "2316");
		await browser.evaluate("document.getElementById('done').checked = true; document.querySelector('#fault-form button').click()");
		await browser.until("document.querySelectorAll('#faults li').length === " + (index + 1));
	}
	const { faults } = await (await fetch(url + "/sandbox/faults")).json();
	assert.deepEqual(faults.map((fault) => String(fault.code || fault.kind)), values);
	assert.deepEqual(faults.filter((fault) => fault.done).map((fault) => fault.code), [2316]);
	await browser.evaluate("document.getElementById('clear').click()");
	await browser.until("document.querySelectorAll('#faults li').length === 0");
}

async function aFaultIsProvokedByKeyboard(browser, token) {
	assert.equal(await browser.evaluate("document.querySelectorAll('#fault option').length >= 22"), true);
	await browser.evaluate("document.getElementById('fault').value = '2307'; document.getElementById('fault').dispatchEvent(new Event('change'));" +
		"document.getElementById('count').focus()");
	await browser.key("Enter");
	await browser.until("document.querySelectorAll('#faults li').length === 1");
	assert.match(await browser.evaluate("document.getElementById('faults').textContent"), /2307 User dont have a phone number/);
	assert.equal(await call(token, "GET", "/v1/phone"), 404);
	await browser.until("document.querySelectorAll('#faults li').length === 0");
	await browser.until("document.querySelector('#calls tbody').textContent.includes('phone.none (provoked: 2307)')");
	assert.equal(await call(token, "GET", "/v1/phone"), 200);
}

async function whatApplicationsSendIsNoMarkup(browser, token) {
	await call(token, "GET", "/<img src=x onerror=document.title='owned'>");
	await browser.until("document.querySelector('#calls tbody').textContent.includes('onerror')");
	assert.equal(await browser.evaluate("document.querySelectorAll('#calls img').length"), 0);
	assert.equal(await browser.evaluate("document.title"), "pimsd sandbox");
}

async function theClockIsMoved(browser) {
	await browser.evaluate("document.querySelector('[data-advance=\"3600\"]').click()");
	await browser.until("document.getElementById('offset').textContent === '+3600 s'");
	assert.equal((await (await fetch(url + "/sandbox/clock")).json()).offset, 3600);
	await browser.evaluate("document.querySelector('[data-offset]').click()");
	await browser.until("document.getElementById('offset').textContent === 'real time'");
}

async function everyControlHasANameAndTheKeyboardReachesIt(browser) {
	assert.deepEqual(await browser.evaluate("[...document.querySelectorAll('input, select')].filter((e) => !e.labels.length).map((e) => e.id)"), []);
	assert.deepEqual(await browser.evaluate("[...document.querySelectorAll('button')].filter((e) => !e.textContent.trim()).length"), 0);
	await browser.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)");
	await browser.send("Page.reload");
	await browser.until("document.getElementById('connection')?.textContent === 'Live' && !document.getElementById('calls').hidden");
	const reached = new Set();
	for (let i = 0; i < 30; i++) {
		await browser.key("Tab");
		reached.add(await browser.evaluate("document.activeElement.id || document.activeElement.className || document.activeElement.textContent"));
	}
	for (const id of ["skip", "fault", "call", "count", "scroll"]) assert.ok(reached.has(id), id + " is reached by Tab: " + [...reached]);
}

async function anotherPageCannotUseIt(browser) {
	await browser.send("Page.navigate", { url: "data:text/html,other" });
	const refused = "fetch('" + url + "/sandbox/faults', {method: 'POST', mode: 'no-cors', headers: {'Content-Type': 'text/plain'}, body: '{\"code\":2204}'}).then(() => true, () => true)";
	assert.equal(await browser.evaluate(refused), true);
	assert.equal((await (await fetch(url + "/sandbox/faults")).json()).faults.length, 0);
}

async function main() {
	const browser = new Browser(chromium, folder, "sandbox");
	try {
		const token = await signIn();
		await browser.open();
		await browser.send("Page.navigate", { url: url + "/sandbox/" });
		await browser.until("document.getElementById('connection')?.textContent === 'Live'");
		await aMessageArrivesLive(browser, token);
		await aMailArrivesLive(browser);
		await everyDocumentedErrorCanBeProvoked(browser);
		await aFaultIsProvokedByKeyboard(browser, token);
		await whatApplicationsSendIsNoMarkup(browser, token);
		await theClockIsMoved(browser);
		await everyControlHasANameAndTheKeyboardReachesIt(browser);
		await fetch(url + "/sandbox/faults", { method: "POST", headers: { "Content-Type": "application/json" }, body: '{"code":2308,"count":3,"call":"otp"}' });
		await browser.until("document.querySelectorAll('#faults li').length === 1");
		for (const width of [375, 1280]) for (const scheme of ["light", "dark"]) await browser.look(width, scheme);
		assert.deepEqual(browser.problems, []);
		await fetch(url + "/sandbox/faults", { method: "DELETE" });
		await anotherPageCannotUseIt(browser);
	} finally {
		await browser.close();
	}
}

main().then(() => process.exit(0), (error) => {
	console.error(error);
	process.exit(1);
});

// SPDX-License-Identifier: Apache-2.0
// Looks at the sandbox's page in headless Chromium, driven over its debugging pipe: node page.js URL CHROMIUM SCREENSHOT_FOLDER
"use strict";

const assert = require("node:assert");
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const [url, chromium, folder] = process.argv.slice(2);
const WAIT_MS = 20000;

/* --- Chromium's debugging protocol: JSON, each message ended by a NUL, on descriptors 3 and 4 --- */

class Browser {
	constructor() {
		this.profile = fs.mkdtempSync(path.join(os.tmpdir(), "openpims-browser-"));
		this.process = spawn(chromium, ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
			"--disable-sync", "--disable-component-update", "--disable-dev-shm-usage", "--remote-debugging-pipe", "--user-data-dir=" + this.profile],
			{ stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
		this.waiting = new Map();
		this.next = 1;
		this.problems = [];
		let rest = "";
		this.process.stdio[4].setEncoding("utf8").on("data", (text) => {
			const messages = (rest + text).split("\0");
			rest = messages.pop();
			messages.forEach((message) => this.take(JSON.parse(message)));
		});
	}

	take(message) {
		const done = this.waiting.get(message.id);
		if (done) {
			this.waiting.delete(message.id);
			done(message);
		} else if (message.method === "Runtime.exceptionThrown") {
			this.problems.push(message.params.exceptionDetails.text);
		} else if (message.method === "Log.entryAdded" && message.params.entry.level === "error" && !/favicon/.test(message.params.entry.url || "")) {
			this.problems.push(message.params.entry.text + " " + (message.params.entry.url || ""));
		}
	}

	async send(method, params = {}) {
		const id = this.next++;
		const answer = new Promise((done) => this.waiting.set(id, done));
		this.process.stdio[3].write(JSON.stringify({ id, method, params, sessionId: this.session }) + "\0");
		const message = await answer;
		if (message.error) throw new Error(method + ": " + message.error.message);
		return message.result;
	}

	async open() {
		const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
		this.session = (await this.send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
		for (const domain of ["Page", "Runtime", "Log"]) await this.send(domain + ".enable");
	}

	async evaluate(expression) {
		const { result, exceptionDetails } = await this.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
		if (exceptionDetails) throw new Error(expression + ": " + (exceptionDetails.exception?.description || exceptionDetails.text));
		return result.value;
	}

	async until(expression) {
		const end = Date.now() + WAIT_MS;
		while (!(await this.evaluate(expression))) {
			if (Date.now() > end) throw new Error("never true: " + expression + "\n" + this.problems.join("\n"));
			await new Promise((done) => setTimeout(done, 50));
		}
	}

	async key(name) {
		for (const type of ["keyDown", "keyUp"]) await this.send("Input.dispatchKeyEvent", { type, key: name, code: name, windowsVirtualKeyCode: name === "Tab" ? 9 : 13, text: name === "Enter" ? "\r" : undefined });
	}

	async look(width, scheme) {
		await this.send("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile: width < 600 });
		await this.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
		const { data } = await this.send("Page.captureScreenshot", { captureBeyondViewport: true,
			clip: { x: 0, y: 0, width, height: await this.evaluate("document.documentElement.scrollHeight"), scale: 1 } });
		fs.writeFileSync(path.join(folder, "sandbox-" + width + "-" + scheme + ".png"), Buffer.from(data, "base64"));
		assert.ok((await this.evaluate("document.documentElement.scrollWidth")) <= width, "nothing stands out at " + width);
	}

	/** Ends it with its helpers, which write to the profile until then. */
	async close() {
		const gone = new Promise((done) => this.process.on("exit", done));
		const timer = setTimeout(() => this.process.kill("SIGKILL"), WAIT_MS);
		this.session = undefined;
		this.send("Browser.close").catch(() => {});
		await gone;
		clearTimeout(timer);
		fs.rmSync(this.profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
	}
}

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
	const browser = new Browser();
	try {
		const token = await signIn();
		await browser.open();
		await browser.send("Page.navigate", { url: url + "/sandbox/" });
		await browser.until("document.getElementById('connection')?.textContent === 'Live'");
		await aMessageArrivesLive(browser, token);
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

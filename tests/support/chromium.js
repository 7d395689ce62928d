// SPDX-License-Identifier: Apache-2.0
// Headless Chromium, driven over its debugging pipe: JSON, each message ended by a NUL, on descriptors 3 and 4.
"use strict";

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const WAIT_MS = 20000;

class Chromium {
	/** `more`: further words for its command line; `preferences`: what the person has chosen in it before. */
	constructor(program, more = [], preferences = undefined) {
		this.profile = fs.mkdtempSync(path.join(os.tmpdir(), "openpims-browser-"));
		if (preferences) {
			fs.mkdirSync(path.join(this.profile, "Default"));
			fs.writeFileSync(path.join(this.profile, "Default", "Preferences"), JSON.stringify(preferences));
		}
		this.process = spawn(program, ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
			"--disable-sync", "--disable-component-update", "--disable-dev-shm-usage", "--remote-debugging-pipe", "--user-data-dir=" + this.profile, ...more],
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
		} else if (message.method === "Log.entryAdded" && message.params.entry.level === "error" && !this.expected(message.params.entry)) {
			this.problems.push(message.params.entry.text + " " + (message.params.entry.url || ""));
		}
	}

	/** What is no mistake: pages here have no icon. */
	expected(entry) {
		return /favicon/.test(entry.url || "");
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

module.exports = { Chromium };

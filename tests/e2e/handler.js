// SPDX-License-Identifier: Apache-2.0
// A person with Chromium: opens the sign-in page, types, and presses the button; the person has allowed this site once to open mymap addresses ("always allow").
// node handler.js PAGE CHROMIUM DONE_FILE: ends when the file is there; its folder keeps the profile meanwhile.
"use strict";

const { spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const [page, chromium, done] = process.argv.slice(2);
const WAIT_MS = 60000;
const profile = fs.mkdtempSync(path.join(path.dirname(done), "chromium-"));
fs.mkdirSync(path.join(profile, "Default"));
fs.writeFileSync(path.join(profile, "Default", "Preferences"),
	JSON.stringify({ protocol_handler: { allowed_origin_protocol_pairs: { [new URL(page).origin]: { mymap: true } } } }));

const child = spawn(chromium, ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync",
	"--disable-component-update", "--disable-dev-shm-usage", "--remote-debugging-pipe", "--user-data-dir=" + profile],
	{ stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const waiting = new Map();
let next = 1, session, rest = "";

child.stdio[4].setEncoding("utf8").on("data", (text) => {
	const messages = (rest + text).split("\0");
	rest = messages.pop();
	for (const message of messages.map((text) => JSON.parse(text))) {
		waiting.get(message.id)?.(message);
		waiting.delete(message.id);
	}
});

async function send(method, params = {}) {
	const id = next++;
	const answer = new Promise((resolve) => waiting.set(id, resolve));
	child.stdio[3].write(JSON.stringify({ id, method, params, sessionId: session }) + "\0");
	const message = await answer;
	if (message.error) throw new Error(method + ": " + message.error.message);
	return message.result;
}

async function evaluate(expression) {
	return (await send("Runtime.evaluate", { expression, returnByValue: true })).result.value;
}

async function until(test, what) {
	for (const end = Date.now() + WAIT_MS; !(await test()); await new Promise((resolve) => setTimeout(resolve, 50)))
		if (Date.now() > end) throw new Error("never: " + what);
}

async function type(selector, text) {
	await evaluate(`document.querySelector('${selector}').focus()`);
	await send("Input.insertText", { text });
}

async function main() {
	const { targetId } = await send("Target.createTarget", { url: page });
	session = (await send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
	await until(() => evaluate("document.readyState === 'complete' && !!document.querySelector('input[type=password]')"), "the form");
	await type("input[name=username]", "demo@example.com");
	await type("input[type=password]", "demo-password");
	for (const kind of ["keyDown", "keyUp"])
		await send("Input.dispatchKeyEvent", { type: kind, key: "Enter", code: "Enter", windowsVirtualKeyCode: 13, text: kind === "keyDown" ? "\r" : undefined });
	await until(() => fs.existsSync(done), "the end of the sign-in");
}

function end(problem) {
	if (problem) console.error(String(problem));
	child.on("exit", () => {
		fs.rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
		process.exit(problem ? 1 : 0);
	});
	child.kill();
}

main().then(() => end(), end);

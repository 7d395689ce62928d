// SPDX-License-Identifier: Apache-2.0
// A person with Chromium: opens the sign-in page, types, and presses the button; the person has allowed this site once to open mymap addresses ("always allow").
// node handler.js PAGE CHROMIUM DONE_FILE: ends when the file is there.
"use strict";

const fs = require("node:fs");

const { Chromium } = require("../support/chromium.js");

const [page, program, done] = process.argv.slice(2);
const WAIT_MS = 100000;

async function type(browser, selector, text) {
	await browser.evaluate(`document.querySelector('${selector}').focus()`);
	await browser.send("Input.insertText", { text });
}

async function signIn(browser) {
	await browser.open();
	await browser.send("Page.navigate", { url: page });
	await browser.until("document.readyState === 'complete' && !!document.querySelector('input[type=password]')");
	await type(browser, "input[name=username]", "demo@example.com");
	await type(browser, "input[type=password]", "demo-password");
	await browser.key("Enter");
	for (const end = Date.now() + WAIT_MS; !fs.existsSync(done); await new Promise((resolve) => setTimeout(resolve, 50)))
		if (Date.now() > end) throw new Error("the sign-in does not end");
}

async function main() {
	const allowed = { [new URL(page).origin]: { mymap: true } };
	const browser = new Chromium(program, [], { protocol_handler: { allowed_origin_protocol_pairs: allowed } });
	try {
		await signIn(browser);
	} finally {
		await browser.close();
	}
}

main().catch((problem) => {
	console.error(String(problem));
	process.exit(1);
});

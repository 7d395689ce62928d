// SPDX-License-Identifier: Apache-2.0
// A person at a screen: node chromium_sign_in.mjs CHROMIUM SPKI_HASH URL. Signs in and agrees on the provider's pages, and waits for the page that pims
// answers the redirect with. Only certificates of the key with that hash are taken for good.
import chromium from "../support/chromium.js";

const [program, hash, url] = process.argv.slice(2);
const browser = new chromium.Chromium(program, [`--ignore-certificate-errors-spki-list=${hash}`]);

async function submit(title, script) {
	await browser.until(`document.title === ${JSON.stringify(title)} && document.querySelector("button") !== null`);
	await browser.evaluate(`${script}; document.querySelector("button").click()`);
}

try {
	await browser.open();
	await browser.send("Page.navigate", { url });
	await submit("Sign in", 'document.querySelector("[name=username]").value = "alice"; document.querySelector("[name=password]").value = "alice-password"');
	await submit("Allow", "0");
	await browser.until('location.protocol === "http:" && location.hostname === "127.0.0.1" && document.readyState === "complete"');
	console.log("at the end:", (await browser.evaluate("document.body.innerText")).trim());
} catch (error) {
	console.error(error.message);
	process.exitCode = 1;
} finally {
	await browser.close();
}

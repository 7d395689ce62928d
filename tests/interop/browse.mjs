// SPDX-License-Identifier: Apache-2.0
// node browse.mjs URL REDIRECT_URI [NAME=VALUE]...: goes from the URL through a provider's pages, and delivers the redirect.
import { Browser } from "./browser.mjs";

const [start, redirect, ...fields] = process.argv.slice(2);
const browser = new Browser(Object.fromEntries(fields.map((field) => field.split(/=(.*)/s))));

try {
	const url = await browser.walk(start, redirect);
	const { status } = await fetch(url);
	if (status >= 400) throw new Error(`the redirect was answered ${status}`);
} catch (error) {
	console.error("browse:", error.message, error.cause?.message ?? "");
	process.exit(1);
}

// SPDX-License-Identifier: Apache-2.0
// What every page of pimsd's must be, and how the tests go through pages by keyboard alone.
"use strict";

const assert = require("node:assert");

/** Runs in the page: texts whose contrast with what is behind them is below WCAG's 4.5. */
function pale() {
	const channels = (colour) => colour.match(/[\d.]+/g).map(Number);
	const light = (c) => c.slice(0, 3).map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
	const luminance = (c) => { const [r, g, b] = light(c); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
	const behind = (element) => {
		for (let at = element; at; at = at.parentElement) {
			const c = channels(getComputedStyle(at).backgroundColor);
			if (c.length === 3 || c[3] > 0) return c;
		}
		return [255, 255, 255];
	};
	return [...document.querySelectorAll("h1, h2, h3, p, label, input, button, summary")].filter((element) => {
		const [a, b] = [luminance(channels(getComputedStyle(element).color)), luminance(behind(element))].sort((x, y) => y - x);
		return element.checkVisibility() && (a + 0.05) / (b + 0.05) < 4.5;
	}).map((element) => element.outerHTML);
}

/** Runs in the page: what does not fit into its place. */
function cut() {
	return [...document.querySelectorAll("main, main *")].filter((element) =>
		element.localName !== "input" && element.clientWidth && element.scrollWidth > element.clientWidth + 1).map((element) => element.outerHTML);
}

const controls = "[...document.querySelectorAll('input:not([type=hidden]), button, summary, a')].filter((e) => e.checkVisibility())";

/** For one width and language; screenshots are named after `prefix`. */
function pages(prefix, width, language) {
	/** At one width, with the page as dark as it is asked for. */
	async function checkLook(browser, name, at, scheme) {
		const what = name + " at " + at + " " + scheme;
		await browser.look(at, scheme);
		assert.deepEqual(await browser.evaluate("(" + pale + ")()"), [], what + ": contrast");
		assert.deepEqual(await browser.evaluate("(" + cut + ")()"), [], what + ": cut off");
	}

	async function check(browser, name) {
		await browser.until("document.readyState === 'complete'");
		browser.name = prefix + "-" + name + "-" + language;
		/* of narrow and wide, light and dark, the run in the other language has the other two */
		await checkLook(browser, name, width === 375 ? 1280 : 375, "dark");
		await checkLook(browser, name, width, "light");
		assert.equal(await browser.evaluate("document.documentElement.lang"), language, name);
		assert.equal(await browser.evaluate("document.querySelectorAll('h1').length"), 1, name);
		assert.deepEqual(await browser.evaluate("[...document.querySelectorAll('input:not([type=hidden])')].filter((e) => !e.labels.length || !e.labels[0].textContent.trim()).map((e) => e.name)"), [], name + ": labels");
		assert.deepEqual(browser.problems, [], name);
	}

	/** The keyboard goes through every control in its order, and shows where it is. */
	async function checkKeyboard(browser, name) {
		const count = await browser.evaluate(controls + ".length");
		await browser.evaluate(controls + "[0].focus()");
		for (let i = 0; i < count; i++) {
			if (i) await browser.key("Tab");
			assert.equal(await browser.evaluate(controls + ".indexOf(document.activeElement)"), i, name + ": Tab " + i);
			assert.notEqual(await browser.evaluate("getComputedStyle(document.activeElement).outlineStyle"), "none", name + ": focus " + i);
		}
	}

	async function go(browser, address, name) {
		await browser.send("Page.navigate", { url: "about:blank" });
		await browser.send("Page.navigate", { url: address });
		await browser.until("location.href !== 'about:blank' && document.readyState === 'complete'");
		await check(browser, name);
	}

	/* Types into the fields that are named and sends the form with Enter. */
	async function fill(browser, values, name) {
		let last;
		for (const [field, value] of Object.entries(values)) {
			await browser.evaluate("(() => { const e = document.querySelector('[name=" + field + "]'); e.focus(); e.select(); })()");
			await browser.type(value);
			last = field;
		}
		await browser.evaluate("window.old = true; document.querySelector('[name=" + last + "]').focus()");
		await browser.key("Enter");
		await browser.until("!window.old && document.readyState === 'complete'");
		if (name) await check(browser, name);
	}

	async function press(browser, selector) {
		await browser.evaluate("window.old = true; document.querySelector('" + selector + "').focus()");
		await browser.key("Enter");
	}

	const alertText = (browser) => browser.evaluate("document.querySelector('[role=alert]')?.textContent || ''");

	/* An error is told by its text, in the title, and at the fields. */
	async function assertError(browser, name) {
		assert.ok((await alertText(browser)).length > 5, name);
		assert.match(await browser.evaluate("document.title"), /.: ./, name);
		assert.ok(await browser.evaluate("!!document.querySelector('input[aria-invalid=true][aria-describedby~=error]')"), name);
	}

	return { check, checkKeyboard, go, fill, press, alertText, assertError };
}

module.exports = { pages };

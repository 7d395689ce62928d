// SPDX-License-Identifier: Apache-2.0
// Chromium, as the tests of our own pages use it: keyboard, widths, screenshots.
"use strict";

const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const { Chromium } = require("../support/chromium.js");

class Browser extends Chromium {
	/** Screenshots, which take long and are for people, are made where $SCREENSHOTS is set, in `folder`, named `name`-… */
	constructor(program, folder, name) {
		super(program);
		this.folder = folder;
		this.name = name;
	}

	/** A refusal is a page with its status, no mistake of a page. */
	expected(entry) {
		return super.expected(entry) || /the server responded with a status of 4\d\d/.test(entry.text);
	}

	async type(text) {
		await this.send("Input.insertText", { text });
	}

	async resize(width, scheme) {
		await this.send("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile: width < 600 });
		await this.send("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value: scheme }] });
	}

	async look(width, scheme) {
		await this.resize(width, scheme);
		assert.ok((await this.evaluate("document.documentElement.scrollWidth")) <= width, "nothing stands out at " + width);
		if (!process.env.SCREENSHOTS) return;
		const { data } = await this.send("Page.captureScreenshot", { captureBeyondViewport: true,
			clip: { x: 0, y: 0, width, height: await this.evaluate("document.documentElement.scrollHeight"), scale: 1 } });
		fs.writeFileSync(path.join(this.folder, this.name + "-" + width + "-" + scheme + ".png"), Buffer.from(data, "base64"));
	}
}

module.exports = { Browser };

// SPDX-License-Identifier: Apache-2.0
// An application: it waits where pimsd's pages send the browser back to.
"use strict";

const assert = require("node:assert");
const http = require("node:http");

class Application {
	constructor(url, language) {
		this.url = url;
		this.language = language;
	}

	async start() {
		this.came = [];
		this.server = http.createServer((request, response) => {
			if (request.url.startsWith("/callback")) this.came.push(new URL(request.url, this.redirect).searchParams);
			response.setHeader("Content-Type", "text/html");
			response.end("<!DOCTYPE html><title>back</title><link rel=icon href=data:,>");
		});
		await new Promise((done) => this.server.listen(0, "127.0.0.1", done));
		this.redirect = "http://127.0.0.1:" + this.server.address().port + "/callback";
	}

	/** Where the page of an action begins. */
	page(path, more = {}) {
		return this.url + path + "?" + new URLSearchParams({ client_id: "demo", redirect_uri: this.redirect, state: "a state", ui_locales: this.language, ...more });
	}

	async back(browser) {
		await browser.until("document.title === 'back'");
		assert.equal(this.came.length, 1);
		const answer = this.came.pop();
		assert.equal(answer.get("state"), "a state");
		assert.equal(answer.get("iss"), this.url);
		return answer;
	}

	async token(body) {
		const answer = await fetch(this.url + "/am/oauth2/access_token", { method: "POST",
			body: new URLSearchParams({ redirect_uri: this.redirect, client_id: "demo", client_secret: "demo", ...body }) });
		return { status: answer.status, ...(await answer.json()) };
	}

	refresh(session) {
		return this.token({ grant_type: "refresh_token", refresh_token: session.refresh_token });
	}
}

module.exports = { Application };

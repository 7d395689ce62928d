// SPDX-License-Identifier: Apache-2.0
// A browser without a screen: follows redirects, keeps cookies, fills in every form it meets, and ends on the loopback redirect.
// NODE_EXTRA_CA_CERTS names the authority that it trusts.
const STEPS_MAX = 20;

const unescape = (text) => text.replace(/&#(\d+);/g, (all, code) => String.fromCharCode(code)).replaceAll("&quot;", '"').replaceAll("&amp;", "&");

function attribute(tag, name) {
	const found = tag.match(new RegExp(`\\b${name}="([^"]*)"`));
	return found ? unescape(found[1]) : undefined;
}

export class Browser {
	/** `values`: what a person types, by the name of the field. */
	constructor(values) {
		this.values = values;
		this.jar = []; // {host, path, name, value}
	}

	keep(url, line) {
		const [pair, ...attributes] = line.split(/;\s*/);
		const [name, value] = [pair.slice(0, pair.indexOf("=")).trim(), pair.slice(pair.indexOf("=") + 1)];
		const path = attributes.find((text) => /^path=/i.test(text))?.slice(5) || "/";
		this.jar = this.jar.filter((cookie) => cookie.host !== url.host || cookie.path !== path || cookie.name !== name);
		if (!attributes.some((text) => /^(expires=Thu, 01 Jan 1970|max-age=0$)/i.test(text))) this.jar.push({ host: url.host, path, name, value });
	}

	cookies(url) {
		return this.jar.filter((cookie) => cookie.host === url.host && url.pathname.startsWith(cookie.path))
			.map((cookie) => `${cookie.name}=${cookie.value}`).join("; ");
	}

	async request(url, options = {}) {
		const response = await fetch(url, { redirect: "manual", ...options, headers: { cookie: this.cookies(url), accept: "text/html", ...options.headers } });
		// Node.js 18 before 18.14 knows no getSetCookie(), and joins with commas, which dates have in them too
		const lines = response.headers.getSetCookie?.() ?? (response.headers.get("set-cookie") ?? "").split(/,(?=[^;,]*=)/);
		lines.filter(Boolean).forEach((line) => this.keep(url, line));
		return response;
	}

	/** The page's only form as a person would send it. */
	fill(html, url) {
		const form = html.match(/<form\b[^>]*>/)?.[0];
		if (!form) throw new Error(`no form at ${url.origin}${url.pathname}: ${html.replace(/<[^>]*>/g, " ").trim().slice(0, 300)}`);
		const body = new URLSearchParams();
		for (const tag of html.match(/<(input|button)\b[^>]*>/g) ?? []) {
			const name = attribute(tag, "name");
			if (name) body.set(name, this.values[name] ?? attribute(tag, "value") ?? "");
		}
		return [new URL(attribute(form, "action") ?? url, url), body];
	}

	/** From a URL to `redirect`, which is not visited; without a port in it, any will do. */
	async walk(start, redirect) {
		const end = new URL(redirect);
		let [url, body] = [new URL(start), undefined];
		for (let step = 0; step < STEPS_MAX; step++) {
			if (url.protocol === end.protocol && url.hostname === end.hostname && url.pathname === end.pathname && (!end.port || end.port === url.port))
				return url;
			const response = await this.request(url, body && { method: "POST", body });
			const location = response.headers.get("location");
			[url, body] = location ? [new URL(location, url), undefined] : this.fill(await response.text(), url);
		}
		throw new Error(`still at ${url} after ${STEPS_MAX} pages`);
	}
}

// SPDX-License-Identifier: Apache-2.0
// A browser without a screen for pimsd's sign-in page: follows no redirect by itself, keeps cookies, fills in the form as it is.

const entities = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" }
const plain = (text) => text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name) => entities[name])
const attribute = (tag, name) => plain(tag.match(new RegExp(`\\s${name}="([^"]*)"`))?.[1] ?? '')

export class Browser {
	#cookies = new Map()

	/** One request; the body is `{ status, location, html }`. */
	async request(url, options = {}) {
		const headers = new Headers(options.headers)
		if (this.#cookies.size) {
			headers.set('cookie', [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '))
		}
		const response = await fetch(url, { ...options, headers, redirect: 'manual' })
		// Node.js 18 may know no getSetCookie(), and joins with commas, which nothing of ours has
		for (const cookie of response.headers.getSetCookie?.() ?? (response.headers.get('set-cookie') ?? '').split(', ')) {
			const [name, value] = cookie.split(';')[0].split('=')
			if (!name) continue
			if (value) this.#cookies.set(name, value)
			else this.#cookies.delete(name)
		}
		const location = response.headers.get('location')
		return { status: response.status, location: location && new URL(location, url), html: await response.text() }
	}

	open(url) {
		return this.request(url)
	}

	/** Opens an authorization URL, whose answer must be the page, signs in, and gives the address that the browser is sent to. */
	async signIn(url, username = 'demo@example.com', password = 'demo-password') {
		const page = await this.open(url)
		if (page.status !== 200) throw new Error(`no page but ${page.status} ${page.location}`)
		const form = page.html.match(/<form[^>]*>/)[0]
		const fields = new URLSearchParams()
		for (const [tag] of page.html.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
			fields.append(attribute(tag, 'name'), attribute(tag, 'value'))
		}
		if (!fields.get('form_token')) throw new Error('the form has no token')
		fields.set('username', username)
		fields.set('password', password)
		const action = new URL(attribute(form, 'action'), url)
		const answer = await this.request(action, { method: 'POST', body: fields, headers: { origin: action.origin, 'sec-fetch-site': 'same-origin' } })
		if (answer.status !== 303) throw new Error(`the form was answered ${answer.status}`)
		return answer.location
	}
}

// SPDX-License-Identifier: Apache-2.0
"use strict";

const MAX_ROWS = 100;
const $ = (id) => document.getElementById(id);

/** An element with text and children. Never markup: everything shown comes from applications. */
function make(name, options = {}, ...children) {
	const element = document.createElement(name);
	if (options.class) element.className = options.class;
	if (options.text !== undefined) element.textContent = options.text;
	for (const [key, value] of Object.entries(options.attributes || {})) element.setAttribute(key, value);
	element.append(...children);
	return element;
}

const clockTime = (text) => new Date(text).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const dateTime = (text) => new Date(text).toLocaleString();

async function ask(path, options) {
	const answer = await fetch(path, options);
	const body = answer.status === 204 ? {} : await answer.json();
	if (!answer.ok) throw new Error(body.title || "HTTP " + answer.status);
	return body;
}

const post = (path, body) => ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

/* --- messages --- */

const seen = new Set();

async function copy(code, button) {
	try {
		await navigator.clipboard.writeText(code);
		button.textContent = "Copied";
	} catch {
		const range = document.createRange();
		range.selectNodeContents(button.previousSibling);
		getSelection().removeAllRanges();
		getSelection().addRange(range);
		button.textContent = "Selected";
	}
	setTimeout(() => { button.textContent = "Copy"; }, 2000);
}

function messageCard(message) {
	const card = make("li");
	card.append(make("p", { class: "meta" },
		make("span", { text: "To " + message.to }), make("span", { text: message.purpose }),
		make("time", { text: clockTime(message.time), attributes: { datetime: message.time } })));
	card.append(make("p", { class: "text", text: message.text }));
	if (message.code) {
		const button = make("button", { class: "second", text: "Copy", attributes: { type: "button", "aria-label": "Copy the code " + message.code } });
		button.addEventListener("click", () => copy(message.code, button));
		card.append(make("div", { class: "copy" }, make("span", { class: "digits", text: message.code }), button));
	}
	return card;
}

function addMessage(message, live) {
	if (seen.has(message.id)) return;
	seen.add(message.id);
	$("messages").prepend(messageCard(message));
	$("no-messages").hidden = true;
	while ($("messages").childElementCount > MAX_ROWS) $("messages").lastElementChild.remove();
	if (live) $("announce").textContent = "Message to " + message.to + (message.code ? ", code " + [...message.code].join(" ") : "");
}

/* --- e-mails: of all accounts, and read again when a page of one was posted --- */

let lastMail = 0;

async function loadMails() {
	const { messages } = await ask("mail?after=" + lastMail);
	for (const message of messages.filter((mail) => mail.id > lastMail)) {
		lastMail = message.id;
		$("mails").prepend(messageCard({ ...message, purpose: message.subject, code: message.text.match(/\b\d{8}\b/)?.[0] }));
		$("no-mails").hidden = true;
	}
	while ($("mails").childElementCount > MAX_ROWS) $("mails").lastElementChild.remove();
}

let mailsTimer = 0;
function mailsMayHaveCome(call) {
	if (call.method !== "POST" || !call.path.startsWith("/account/")) return;
	clearTimeout(mailsTimer);
	mailsTimer = setTimeout(() => loadMails().catch(() => {}), 300);
}

/* --- accounts --- */

function deviceLine(device) {
	const used = device.lastUsed ? ", last used " + dateTime(device.lastUsed) : "";
	return make("li", { text: (device.name || "Unnamed") + " (" + device.state + "), enrolled " + dateTime(device.created) + used });
}

function accountCard(account, limit) {
	const list = make("dl");
	const rows = [["Phone", account.phoneNumber || "none"], ["PIN", account.pin], ["Devices", account.devices.length + " of " + limit]];
	if (account.blocked) rows.push(["Blocked", "by the operator"]);
	for (const [name, value] of rows) list.append(make("dt", { text: name }), make("dd", { text: value }));
	const card = make("article", { class: "account" }, make("h3", { text: account.username }), list);
	if (account.devices.length) card.append(make("ul", { class: "devices" }, ...account.devices.map(deviceLine)));
	return card;
}

async function loadAccounts() {
	const { accounts, limit } = await ask("accounts");
	$("accounts").replaceChildren(...accounts.map((account) => accountCard(account, limit)));
}

let accountsTimer = 0;
/** Several calls in a row ask once. */
function accountsMayHaveChanged() {
	clearTimeout(accountsTimer);
	accountsTimer = setTimeout(() => loadAccounts().catch(() => {}), 300);
}

/* --- calls --- */

let lastCall = 0;

function statusClass(call) {
	if (call.fault) return "warn";
	return call.status >= 200 && call.status < 400 && !(call.outcome || "").startsWith("NOK") ? "good" : "bad";
}

function addCall(call) {
	if (call.id && call.id <= lastCall) return;
	lastCall = call.id || lastCall;
	const outcome = (call.outcome || "") + (call.fault ? " (provoked: " + call.fault + ")" : "");
	const row = make("tr", {},
		make("td", {}, make("time", { text: clockTime(call.time), attributes: { datetime: call.time } })),
		make("td", { class: "path", text: call.method + " " + call.path + (call.step ? " " + call.step : "") }),
		make("td", { class: statusClass(call), text: call.status || "none" }),
		make("td", { text: outcome }), make("td", { class: "number", text: call.milliseconds }));
	/* narrow pages stack the cells, which would take the table's meaning away */
	row.setAttribute("role", "row");
	for (const cell of row.cells) cell.setAttribute("role", "cell");
	const body = $("calls").tBodies[0];
	body.prepend(row);
	while (body.rows.length > MAX_ROWS) body.lastElementChild.remove();
	$("calls").hidden = false;
	$("no-calls").hidden = true;
}

/* --- faults --- */

let codes = [];
let callNames = [];

const kinds = [
	{ value: "slow", text: "Slow answer", help: "The call is answered, later.", calls: null },
	{ value: "cut", text: "Cut connection", help: "The call is done; the connection ends inside its answer.", calls: null },
	{ value: "silent", text: "Silence", help: "The call is not done, and nothing is answered.", calls: null },
];

function showFaultChoices() {
	const documented = make("optgroup", { attributes: { label: "Documented errors" } });
	for (const row of codes) documented.append(make("option", { text: row.code + " " + row.label.trim(), attributes: { value: row.code } }));
	const network = make("optgroup", { attributes: { label: "Network" } });
	for (const kind of kinds) network.append(make("option", { text: kind.text, attributes: { value: kind.value } }));
	$("fault").replaceChildren(documented, network);
	showCalls();
}

function showCalls() {
	const value = $("fault").value;
	const row = codes.find((code) => String(code.code) === value);
	const kind = kinds.find((entry) => entry.value === value);
	const options = [make("option", { text: row ? "any that can answer it" : "any", attributes: { value: "" } })];
	for (const name of row ? row.possible : callNames) options.push(make("option", { text: name, attributes: { value: name } }));
	$("call").replaceChildren(...options);
	$("fault-help").textContent = row ? "Answer: " + row.answer + ". Calls: " + row.calls.join(", ") + "." : kind.help;
	$("delay-field").hidden = value !== "slow";
	$("done-field").hidden = !row?.done;
}

function faultLine(fault) {
	const what = fault.code ? fault.code + " " + fault.label.trim() : kinds.find((kind) => kind.value === fault.kind).text;
	const times = fault.count > 1 ? ", " + fault.count + " times" : "";
	const done = fault.done ? ", the call is done" : "";
	const delay = fault.milliseconds ? ", " + fault.milliseconds + " ms" : "";
	const button = make("button", { class: "second", text: "Remove", attributes: { type: "button", "aria-label": "Remove " + what } });
	button.addEventListener("click", () => {
		$("fault").focus();
		ask("faults?id=" + fault.id, { method: "DELETE" }).catch(failed);
	});
	return make("li", { class: "fault" },
		make("div", {}, make("strong", { text: what + times + delay + done }), make("p", { class: "help", text: "Waits for: " + fault.calls.join(", ") })), button);
}

function showFaults(faults) {
	$("faults").replaceChildren(...faults.map(faultLine));
	$("no-faults").hidden = faults.length > 0;
	$("clear").hidden = faults.length === 0;
}

function failed(error) {
	$("fault-result").textContent = error.message;
}

async function provoke(event) {
	event.preventDefault();
	const value = $("fault").value;
	const fault = { count: Number($("count").value) };
	if (/^\d+$/.test(value)) fault.code = Number(value);
	else fault.kind = value;
	if (value === "slow") fault.milliseconds = Number($("delay").value);
	if (!$("done-field").hidden && $("done").checked) fault.done = true;
	if ($("call").value) fault.call = $("call").value;
	try {
		await post("faults", fault);
		$("fault-result").textContent = "The next matching call gets it.";
	} catch (error) {
		failed(error);
	}
}

/* --- clock --- */

let serverAhead = 0;

function showClock(state) {
	serverAhead = Date.parse(state.time) - Date.now();
	$("offset").textContent = state.offset ? (state.offset > 0 ? "+" : "−") + Math.abs(state.offset) + " s" : "real time";
	tick();
}

function tick() {
	$("time").textContent = new Date(Date.now() + serverAhead).toLocaleString();
}

function moveClock(event) {
	const { advance, offset } = event.currentTarget.dataset;
	post("clock", advance !== undefined ? { advance: Number(advance) } : { offset: Number(offset) }).then(showClock).catch(failed);
}

/* --- all together --- */

async function loadAll() {
	const [sms, calls, faults, clock] = await Promise.all([ask("sms"), ask("calls"), ask("faults"), ask("clock"), loadAccounts(), loadMails()]);
	sms.messages.forEach((message) => addMessage(message, false));
	calls.calls.forEach(addCall);
	if (!codes.length) {
		codes = faults.codes;
		callNames = faults.calls;
		showFaultChoices();
	}
	showFaults(faults.faults);
	showClock(clock);
}

function connection(state, text) {
	$("dot").className = state;
	if ($("connection").textContent !== text) $("connection").textContent = text;
}

function listen() {
	const events = new EventSource("events");
	const on = (name, handler) => events.addEventListener(name, (event) => handler(JSON.parse(event.data)));
	events.addEventListener("open", () => {
		connection("on", "Live");
		loadAll().catch(() => connection("off", "The server does not answer"));
	});
	events.addEventListener("error", () => {
		connection("off", "No connection to the server, trying again");
		if (events.readyState === EventSource.CLOSED) setTimeout(listen, 5000);
	});
	on("sms", (message) => addMessage(message, true));
	on("call", (call) => { addCall(call); accountsMayHaveChanged(); mailsMayHaveCome(call); });
	on("faults", (state) => showFaults(state.faults));
	on("clock", showClock);
	on("reset", () => loadAll().catch(() => {}));
}

$("fault").addEventListener("change", showCalls);
$("fault-form").addEventListener("submit", provoke);
$("clear").addEventListener("click", () => {
	$("fault").focus();
	ask("faults", { method: "DELETE" }).catch(failed);
});
document.querySelectorAll("[data-advance], [data-offset]").forEach((button) => button.addEventListener("click", moveClock));
setInterval(tick, 1000);
listen();

/* SPDX-License-Identifier: Apache-2.0 */
#include "server/sandbox/internal.h"

#include "base/json.h"

#include <pims/error.h>

#include <stdio.h>
#include <stdlib.h>

enum { DEFAULT_WORKERS = 48 };

struct sandbox *request_sandbox(const struct request *request)
{
	return request_server(request)->sandbox;
}

int sandbox_new(struct sandbox **ret_sandbox, struct server *server, unsigned workers)
{
	struct sandbox *sandbox = calloc(1, sizeof *sandbox);

	if (!sandbox)
		return PIMS_E_MEMORY;
	sandbox->server = server;
	sandbox->calls.list = json_array();
	pthread_mutex_init(&sandbox->calls.lock, NULL);
	pthread_mutex_init(&sandbox->faults.lock, NULL);
	/* faults never take all of them */
	pause_init(&sandbox->pause, (workers ? workers : DEFAULT_WORKERS) / 2);
	if (!sandbox->calls.list || events_start(sandbox) < 0) {
		sandbox_free(sandbox);
		return PIMS_E_SYSTEM;
	}
	clock_shift(&sandbox->clock, &server->env);
	*ret_sandbox = sandbox;
	return 0;
}

void sandbox_close(struct sandbox *sandbox)
{
	if (!sandbox)
		return;
	pause_end(&sandbox->pause);
	events_close(sandbox);
}

void sandbox_free(struct sandbox *sandbox)
{
	if (!sandbox)
		return;
	sandbox_close(sandbox);
	events_free(sandbox);
	pause_destroy(&sandbox->pause);
	pthread_mutex_destroy(&sandbox->faults.lock);
	pthread_mutex_destroy(&sandbox->calls.lock);
	json_decref(sandbox->calls.list);
	free(sandbox);
}

/* The answer says that it is none of the server's own. */
static void mark(const struct fault *fault, struct response *response)
{
	static const char *const words[] = {[FAULT_SLOW] = "slow", [FAULT_CUT] = "cut", [FAULT_SILENT] = "silent"};
	char code[16];

	if (fault->row)
		(void)snprintf(code, sizeof code, "%d", fault_code(fault->row));
	(void)response_header(response, "X-Sandbox-Fault", fault->row ? code : words[fault->kind]);
}

static void serve(struct sandbox *sandbox, const struct fault *fault, handler_fn handler, struct request *request, struct response *response)
{
	switch (fault->kind) {
	case FAULT_ERROR:
		if (fault_comes_after(fault, request)) {
			handler(request, response);
			fault_spoil(sandbox, fault, request, response);
		} else {
			fault_answer(sandbox, fault, request, response);
		}
		break;
	case FAULT_SLOW:
		pause_hold(&sandbox->pause, fault->milliseconds);
		handler(request, response);
		break;
	case FAULT_CUT:
		handler(request, response);
		response->fate = RESPONSE_CUT;
		break;
	case FAULT_SILENT:
		pause_hold(&sandbox->pause, SILENCE_MS);
		response->status = 504;
		response->fate = RESPONSE_NONE;
	}
	mark(fault, response);
}

void sandbox_filter(handler_fn handler, struct request *request, struct response *response)
{
	struct sandbox *sandbox = request_sandbox(request);
	struct fault fault;

	if (sandbox_path(request)) {
		if (guard_passes(request, response))
			handler(request, response);
		return;
	}
	if (faults_take(sandbox, request, &fault))
		serve(sandbox, &fault, handler, request, response);
	else
		handler(request, response);
	events_look_for_sms(sandbox);
}

const struct route sandbox_routes[] = {
	{"GET", "/sandbox", sandbox_page},
	{"GET", "/sandbox/", sandbox_page},
	{"GET", "/sandbox/page.css", sandbox_page_css},
	{"GET", "/sandbox/page.js", sandbox_page_js},
	{"GET", "/sandbox/sms", sandbox_sms},
	{"GET", "/sandbox/phone", sandbox_phone},
	{"GET", "/sandbox/accounts", sandbox_accounts},
	{"GET", "/sandbox/calls", sandbox_calls},
	{"GET", "/sandbox/events", sandbox_events},
	{"GET", "/sandbox/faults", sandbox_faults_list},
	{"POST", "/sandbox/faults", sandbox_faults_add},
	{"DELETE", "/sandbox/faults", sandbox_faults_clear},
	{"POST", "/sandbox/faults/clear", sandbox_faults_clear},
	{"GET", "/sandbox/clock", sandbox_clock_tell},
	{"POST", "/sandbox/clock", sandbox_clock_set},
	{NULL, NULL, NULL},
};

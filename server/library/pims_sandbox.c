/* SPDX-License-Identifier: Apache-2.0 */
#include <pims/sandbox.h>

#include "base/json.h"
#include "base/text.h"
#include "server/data_dir.h"
#include "server/sandbox/internal.h"

#include <stdlib.h>
#include <string.h>

/* The public face of a sandbox in somebody else's process: no output, no signals, no umask of ours. */

enum { LIBRARY_WORKERS = 8, LIBRARY_LOOPS = 1, FAULT_TEXT_MAX = 4096 };

struct pims_sandbox {
	struct server *server;
	struct env env;
	char *temporary; /**< our directory, or NULL */
};

#define GIVEN(options, member) \
	((options)->size >= offsetof(struct pims_sandbox_options, member) + sizeof(options)->member ? (options)->member : 0)

static void take_options(const struct pims_sandbox_options *from, struct pims_sandbox_options *ret_options)
{
	*ret_options = (struct pims_sandbox_options){.size = sizeof *ret_options};
	if (!from)
		return;
	ret_options->data_dir = GIVEN(from, data_dir);
	ret_options->port = GIVEN(from, port);
	ret_options->clock = GIVEN(from, clock);
	ret_options->log = GIVEN(from, log);
}

static int start(struct pims_sandbox *sandbox, const struct pims_sandbox_options *wanted)
{
	struct server_options options = {.env = &sandbox->env, .address = "127.0.0.1", .port = wanted->port, .loops = LIBRARY_LOOPS,
					 .workers = LIBRARY_WORKERS};
	char *copy = NULL;
	int r = 0;

	env_init(&sandbox->env, wanted->clock, NULL, wanted->log);
	settings_default(&options.settings, true);
	options.settings.quiet = true;
	if (wanted->data_dir)
		r = text_set(&copy, wanted->data_dir);
	else
		r = data_dir_temporary(&sandbox->temporary, &sandbox->env);
	options.settings.data_dir = copy ? copy : sandbox->temporary;
	if (r == 0)
		r = server_start(&sandbox->server, &options);
	free(copy);
	return r;
}

int pims_sandbox_start(struct pims_sandbox **ret_sandbox, const struct pims_sandbox_options *options)
{
	struct pims_sandbox_options wanted;
	struct pims_sandbox *sandbox;
	int r;

	if (!ret_sandbox || (options && options->size < sizeof options->size))
		return PIMS_E_INVALID;
	take_options(options, &wanted);
	if (wanted.port > 65535)
		return PIMS_E_INVALID;
	sandbox = calloc(1, sizeof *sandbox);
	if (!sandbox)
		return PIMS_E_MEMORY;
	r = start(sandbox, &wanted);
	if (r < 0)
		pims_sandbox_stop(sandbox);
	else
		*ret_sandbox = sandbox;
	return r;
}

void pims_sandbox_stop(struct pims_sandbox *sandbox)
{
	if (!sandbox)
		return;
	server_stop(sandbox->server);
	if (sandbox->temporary)
		data_dir_remove(sandbox->temporary);
	free(sandbox->temporary);
	free(sandbox);
}

const char *pims_sandbox_url(const struct pims_sandbox *sandbox)
{
	return sandbox ? sandbox->server->settings.issuer : NULL;
}

int pims_sandbox_sms(struct pims_sandbox *sandbox, const char *purpose, char *ret_code, size_t size)
{
	const json_t *message;
	const char *code = NULL;
	json_t *messages;
	size_t i;
	int r;

	if (!sandbox || !ret_code)
		return PIMS_E_INVALID;
	messages = sandbox_messages(sandbox->server, 0);
	if (!messages)
		return PIMS_E_SYSTEM;
	json_array_foreach(messages, i, message)
		if (json_text(message, "code") && (!purpose || text_equal(json_text(message, "purpose"), purpose)))
			code = json_text(message, "code");
	r = code ? text_copy(ret_code, size, code) : PIMS_E_NOT_FOUND;
	json_wipe(messages);
	return r;
}

int pims_sandbox_fault(struct pims_sandbox *sandbox, const char *fault)
{
	const char *why = NULL;
	json_t *object;
	int r;

	if (!sandbox)
		return PIMS_E_INVALID;
	if (!fault) {
		sandbox_forget_faults(sandbox->server->sandbox);
		return 0;
	}
	r = json_parse_object(fault, strlen(fault), FAULT_TEXT_MAX, &object);
	if (r < 0)
		return r == PIMS_E_MEMORY ? r : PIMS_E_FORMAT;
	r = sandbox_fault(sandbox->server->sandbox, object, &why);
	json_decref(object);
	if (why)
		env_log(&sandbox->env, PIMS_LOG_WARNING, "no fault: %s", why);
	return r;
}

int pims_sandbox_advance_clock(struct pims_sandbox *sandbox, int64_t seconds)
{
	return sandbox ? sandbox_advance(sandbox->server->sandbox, seconds) : PIMS_E_INVALID;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/call.h"

#include "cli/agent.h"
#include "cli/wait.h"

#include <stdarg.h>
#include <string.h>

enum { PARAMETERS_MAX = 65536, MESSAGE_MAX = 1 << 20 };

/* What the callback finds. */
struct waiting {
	struct cli *cli;
	struct reply *reply;
	bool done;
	int error;
};

void reply_clear(struct reply *reply)
{
	secret_free(&reply->text);
	json_wipe(reply->message);
	*reply = (struct reply){.message = NULL};
}

const char *reply_string(const struct reply *reply, const char *name)
{
	return json_text(json_object_get(reply->message, "result"), name);
}

int reply_code(const struct reply *reply)
{
	return (int)json_int(json_object_get(reply->message, "error"), "code", 0);
}

const char *reply_error(const struct reply *reply, const char *name)
{
	return json_text(json_object_get(reply->message, "error"), name);
}

int reply_number(const struct reply *reply, const char *name)
{
	return (int)json_int(json_object_get(reply->message, "error"), name, -1);
}

static int reply_fill(struct reply *reply, const struct pims_message *message)
{
	const char *text = pims_message_json(message);

	if (!text || secret_set(&reply->text, text) < 0)
		return PIMS_E_MEMORY;
	reply->succeeded = pims_message_succeeded(message);
	return json_parse_object(text, reply->text.len, MESSAGE_MAX, &reply->message);
}

static void on_message(void *data, const struct pims_message *message)
{
	struct waiting *waiting = data;

	waiting->error = reply_fill(waiting->reply, message);
	waiting->done = true;
}

static int submit(struct waiting *waiting, enum call_kind kind, const char *name, const char *parameters, char *ret_transaction)
{
	struct pims *pims = waiting->cli->pims;

	switch (kind) {
	case CALL_GET:
		return pims_get(pims, name, parameters, on_message, waiting, ret_transaction);
	case CALL_SET:
		return pims_set(pims, name, parameters, on_message, waiting, ret_transaction);
	case CALL_INITIALIZE:
		return pims_initialize(pims, parameters, on_message, waiting, ret_transaction);
	default:
		return pims_discover(pims, name, on_message, waiting, ret_transaction);
	}
}

/* After Ctrl-C: the callback comes from the loop's next turns, by the library's promise; then the exit status is the signal's. */
static int cancel(struct waiting *waiting, const char *transaction, int status)
{
	if (pims_cancel(waiting->cli->pims, transaction) == 0)
		(void)pims_run(waiting->cli->loop, 1000);
	return status;
}

static int wait_message(struct waiting *waiting, const char *transaction)
{
	struct cli *cli = waiting->cli;
	bool ready = false;
	int r;

	for (;;) {
		r = pims_loop_process(cli->loop);
		if (r < 0)
			return cli_error(cli, "loop", r);
		if (waiting->done)
			return CLI_OK;
		r = wait_ready(cli, agent_wants_input(cli), true, &ready);
		if (r)
			return cancel(waiting, transaction, r);
		if (ready)
			agent_take_input(cli);
	}
}

static int run_text(struct waiting *waiting, enum call_kind kind, const char *name, const char *parameters)
{
	char transaction[PIMS_TRANSACTION_SIZE] = "";
	struct cli *cli = waiting->cli;
	int r;

	r = submit(waiting, kind, name, parameters, transaction);
	if (r < 0)
		return cli_error(cli, "cannot make the call", r);
	r = wait_message(waiting, transaction);
	if (r)
		return r;
	return waiting->error < 0 ? cli_error(cli, "message", waiting->error) : CLI_OK;
}

int call_run(struct cli *cli, enum call_kind kind, const char *name, json_t *parameters, struct reply *ret_reply)
{
	/* Static: after a failed cancel the library may still hold them. */
	static struct reply reply;
	static struct waiting waiting;
	struct buf text = BUF_INIT(PARAMETERS_MAX);
	int r = 0;

	reply_clear(&reply);
	waiting = (struct waiting){.cli = cli, .reply = &reply};
	if (parameters)
		r = json_write(parameters, &text);
	json_wipe(parameters);
	r = r < 0 ? cli_error(cli, "parameters", r) : run_text(&waiting, kind, name, parameters ? buf_text(&text) : NULL);
	buf_free(&text);
	if (!r) {
		reply_clear(ret_reply);
		*ret_reply = reply;
		reply = (struct reply){.message = NULL};
	}
	return r;
}

json_t *call_parameters(const char *name, ...)
{
	json_t *object = json_object();
	va_list list;
	int r = 0;

	va_start(list, name);
	for (; object && name && r == 0; name = va_arg(list, const char *))
		r = json_put_text(object, name, va_arg(list, const char *));
	va_end(list);
	if (r == 0)
		return object;
	json_wipe(object);
	return NULL;
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CLI_FAKE_H
#define TESTS_CLI_FAKE_H

/*
 * A libpims that answers what a test tells it to, for the command line alone: no network, no state. Included by one file of a program; the
 * program's own definitions stand before those of the static library.
 */

#include "base/buf.h"
#include "base/json.h"

#include <pims/pims.h>

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define FAKE_SUCCEEDED(result) "{\"transactionId\":\"953cfefb-bc72\",\"status\":\"SUCCEEDED\",\"result\":" result "}"
#define FAKE_FAILED(members) "{\"transactionId\":\"953cfefb-bc72\",\"status\":\"FAILED\",\"error\":{" members "}}"
#define FAKE_REDIRECT "http://127.0.0.1:1/callback?code=good"

/** What one call is answered. Every row serves once; a call without a row is answered 2002. */
struct fake_row {
	const char *verb;       /**< get, set, initialize, discover */
	const char *api;        /**< or the backend */
	const char *parameters; /**< as compact JSON text; NULL = any */
	const char *message;    /**< NULL = none until pims_cancel() */
	const char *agent_url;  /**< shown by the user agent; the message comes after pims_redirect(FAKE_REDIRECT). NULL = no sign-in */
};

enum { FAKE_ROWS_MAX = 16 };

struct pims_loop {
	int fd;
};

struct pims {
	struct pims_agent agent;
	unsigned request_timeout_ms;
	unsigned agent_timeout_ms;
};

struct pims_message {
	const char *text;
};

/** The fake's whole memory. Calls are written to `calls_fd`, a line each: verb, api, parameters. */
static struct {
	const struct fake_row *rows;
	bool used[FAKE_ROWS_MAX];
	int calls_fd;
	struct pims_loop loop;
	struct pims pims;
	const char *ready; /**< the message to deliver */
	const struct fake_row *pending;
	pims_callback_fn callback;
	void *data;
} fake = {.calls_fd = -1};

static inline void fake_wake(void)
{
	uint64_t one = 1;
	ssize_t done = write(fake.loop.fd, &one, sizeof one);

	(void)done;
}

static const struct fake_row *fake_find(const char *verb, const char *api, const char *parameters)
{
	for (size_t i = 0; fake.rows && i < FAKE_ROWS_MAX && fake.rows[i].verb; i++) {
		const struct fake_row *row = &fake.rows[i];

		if (fake.used[i] || strcmp(row->verb, verb) != 0 || strcmp(row->api, api) != 0)
			continue;
		if (row->parameters && strcmp(row->parameters, parameters ? parameters : "") != 0)
			continue;
		fake.used[i] = true;
		return row;
	}
	return NULL;
}

static int fake_submit(const char *verb, const char *api, const char *parameters, pims_callback_fn callback, void *data,
		       char *ret_transaction)
{
	const struct fake_row *row = fake_find(verb, api, parameters);

	if (fake.calls_fd >= 0)
		dprintf(fake.calls_fd, "%s %s %s\n", verb, api, parameters ? parameters : "-");
	if (ret_transaction)
		memcpy(ret_transaction, "953cfefb-bc72", PIMS_TRANSACTION_SIZE);
	fake.callback = callback;
	fake.data = data;
	fake.pending = row;
	if (!row)
		fake.ready = FAKE_FAILED("\"code\":2002,\"label\":\"API not supported\"");
	else if (row->agent_url)
		return fake.pims.agent.open(fake.pims.agent.data, "953cfefb-bc72", row->agent_url, NULL, NULL);
	else
		fake.ready = row->message;
	if (fake.ready)
		fake_wake();
	return 0;
}

int pims_loop_new(struct pims_loop **ret_loop, const struct pims_loop_options *options)
{
	(void)options;
	fake.loop.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	*ret_loop = &fake.loop;
	return 0;
}

void pims_loop_free(struct pims_loop *loop)
{
	if (loop)
		close(loop->fd);
}

int pims_loop_fd(const struct pims_loop *loop)
{
	return loop->fd;
}

int pims_loop_process(struct pims_loop *loop)
{
	struct pims_message message = {fake.ready};
	uint64_t count;
	ssize_t got = read(loop->fd, &count, sizeof count);

	(void)got;
	if (!fake.ready)
		return 0;
	fake.ready = NULL;
	fake.callback(fake.data, &message);
	return 1;
}

int pims_run(struct pims_loop *loop, int timeout_ms)
{
	(void)timeout_ms;
	return pims_loop_process(loop) < 0;
}

int pims_new(struct pims **ret_pims, struct pims_loop *loop, const struct pims_options *options)
{
	(void)loop;
	fake.pims.agent = *options->agent;
	fake.pims.request_timeout_ms = options->request_timeout_ms;
	fake.pims.agent_timeout_ms = options->agent_timeout_ms;
	if (fake.calls_fd >= 0)
		dprintf(fake.calls_fd, "new %s %u %u\n", options->state_dir, options->request_timeout_ms, options->agent_timeout_ms);
	*ret_pims = &fake.pims;
	return 0;
}

int pims_initialize(struct pims *pims, const char *parameters, pims_callback_fn callback, void *data,
		    char ret_transaction[PIMS_TRANSACTION_SIZE])
{
	(void)pims;
	return fake_submit("initialize", "", parameters, callback, data, ret_transaction);
}

int pims_get(struct pims *pims, const char *api, const char *parameters, pims_callback_fn callback, void *data,
	     char ret_transaction[PIMS_TRANSACTION_SIZE])
{
	(void)pims;
	return fake_submit("get", api, parameters, callback, data, ret_transaction);
}

int pims_set(struct pims *pims, const char *api, const char *parameters, pims_callback_fn callback, void *data,
	     char ret_transaction[PIMS_TRANSACTION_SIZE])
{
	(void)pims;
	return fake_submit("set", api, parameters, callback, data, ret_transaction);
}

int pims_discover(struct pims *pims, const char *backend, pims_callback_fn callback, void *data,
		  char ret_transaction[PIMS_TRANSACTION_SIZE])
{
	(void)pims;
	return fake_submit("discover", backend, NULL, callback, data, ret_transaction);
}

int pims_cancel(struct pims *pims, const char *transaction)
{
	(void)pims;
	dprintf(fake.calls_fd, "cancel %s\n", transaction);
	fake.ready = FAKE_FAILED("\"code\":2000,\"label\":\"Unknown error\",\"cause\":\"canceled\"");
	return 0;
}

int pims_redirect(struct pims *pims, const char *url)
{
	dprintf(fake.calls_fd, "redirect %s\n", url);
	if (strcmp(url, FAKE_REDIRECT) != 0)
		return PIMS_E_NOT_FOUND;
	fake.ready = fake.pending->message;
	pims->agent.close(pims->agent.data, "953cfefb-bc72");
	fake_wake();
	return 0;
}

const char *pims_message_json(const struct pims_message *message)
{
	return message->text;
}

int pims_message_succeeded(const struct pims_message *message)
{
	return strstr(message->text, "SUCCEEDED") != NULL;
}

const char *pims_apis(void)
{
	return "[{\"verb\":\"get\",\"api\":\"pims.authentication.token\",\"discriminator\":{\"type\":\"idtoken\"},"
	       "\"parameters\":[{\"name\":\"action\",\"type\":\"string\",\"required\":true}],\"supported\":true},"
	       "{\"verb\":\"set\",\"api\":\"pims.authentication.user\",\"discriminator\":{\"action\":\"login\"},"
	       "\"parameters\":[{\"name\":\"local\",\"type\":\"string\",\"required\":false}],\"supported\":true},"
	       "{\"verb\":\"set\",\"api\":\"pims.authentication.pincode\",\"discriminator\":{\"action\":\"reset\"},\"parameters\":[],"
	       "\"supported\":false}]";
}

#endif

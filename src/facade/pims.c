/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "facade/call.h"
#include "facade/driver.h"

#include <pims/error.h>

#include <string.h>

/* The public calls: each checks who is calling, makes a call and posts it. */

static int submit(struct pims *pims, const struct call_request *request, char *ret_transaction)
{
	struct call *call = NULL;
	int r;

	if (!pims || !request->callback)
		return PIMS_E_INVALID;
	r = loop_check_thread(pims->loop);
	if (r == 0)
		r = pims->freed ? PIMS_E_INVALID : call_submit(pims, request, &call);
	if (r == 0 && ret_transaction)
		memcpy(ret_transaction, call->transaction, sizeof call->transaction);
	return r;
}

static int submit_named(struct pims *pims, const struct call_request *request, char *ret_transaction)
{
	return request->api ? submit(pims, request, ret_transaction) : PIMS_E_INVALID;
}

int pims_initialize(struct pims *pims, const char *parameters, pims_callback_fn callback, void *data,
		    char ret_transaction[PIMS_TRANSACTION_SIZE])
{
	struct call_request request = {CALL_INITIALIZE, NULL, parameters, callback, data};

	return submit(pims, &request, ret_transaction);
}

int pims_release(struct pims *pims, pims_callback_fn callback, void *data, char ret_transaction[PIMS_TRANSACTION_SIZE])
{
	struct call_request request = {CALL_RELEASE, NULL, NULL, callback, data};

	return submit(pims, &request, ret_transaction);
}

int pims_get(struct pims *pims, const char *api, const char *parameters, pims_callback_fn callback, void *data,
	     char ret_transaction[PIMS_TRANSACTION_SIZE])
{
	struct call_request request = {CALL_GET, api, parameters, callback, data};

	return submit_named(pims, &request, ret_transaction);
}

int pims_set(struct pims *pims, const char *api, const char *parameters, pims_callback_fn callback, void *data,
	     char ret_transaction[PIMS_TRANSACTION_SIZE])
{
	struct call_request request = {CALL_SET, api, parameters, callback, data};

	return submit_named(pims, &request, ret_transaction);
}

int pims_subscribe(struct pims *pims, const char *api, const char *parameters, pims_callback_fn callback, void *data,
		   char ret_transaction[PIMS_TRANSACTION_SIZE])
{
	struct call_request request = {CALL_SUBSCRIBE, api, parameters, callback, data};

	return submit_named(pims, &request, ret_transaction);
}

int pims_unsubscribe(struct pims *pims, const char *api, pims_callback_fn callback, void *data, char ret_transaction[PIMS_TRANSACTION_SIZE])
{
	struct call_request request = {CALL_SUBSCRIBE, api, NULL, callback, data};

	return submit_named(pims, &request, ret_transaction);
}

int pims_discover(struct pims *pims, const char *backend, pims_callback_fn callback, void *data,
		  char ret_transaction[PIMS_TRANSACTION_SIZE])
{
	struct call_request request = {CALL_DISCOVER, NULL, backend, callback, data};

	return backend ? submit(pims, &request, ret_transaction) : PIMS_E_INVALID;
}

static struct call *find(struct pims *pims, const char *transaction)
{
	for (struct link *link = pims->calls.next; link != &pims->calls; link = link->next) {
		struct call *call = LINK_ENTRY(link, struct call, link);

		if (call->stage < CALL_DONE && text_equal(call->transaction, transaction))
			return call;
	}
	return NULL;
}

int pims_cancel(struct pims *pims, const char *transaction)
{
	struct call *call;
	int r;

	if (!pims || !transaction)
		return PIMS_E_INVALID;
	r = loop_check_thread(pims->loop);
	if (r < 0)
		return r;
	call = find(pims, transaction);
	if (!call)
		return PIMS_E_NOT_FOUND;
	if (call->stage == CALL_WAITING && call->want == FLOW_AGENT)
		call_cancel(call, PIMS_WEBVIEW_CANCELED, "agent.canceled");
	else
		call_cancel(call, PIMS_UNKNOWN, "canceled");
	return 0;
}

int pims_redirect(struct pims *pims, const char *url)
{
	int r;

	if (!pims || !url)
		return PIMS_E_INVALID;
	r = loop_check_thread(pims->loop);
	if (r < 0)
		return r;
	for (struct link *link = pims->calls.next; link != &pims->calls; link = link->next)
		if (signin_accept(LINK_ENTRY(link, struct call, link), url))
			return 0;
	return PIMS_E_NOT_FOUND;
}

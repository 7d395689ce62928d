/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FLOW_FIXTURE_H
#define TESTS_FLOW_FIXTURE_H

#include "inwebo/device.h"
#include "platform/flow.h"

#include <jansson.h>
#include <stdbool.h>

/** One canned answer; an array of them ends with {0}. `body` is a literal or lives as long as the test. */
struct canned {
	const char *expect; /**< must occur in the URL */
	enum pims_http_failure failure;
	int status;
	const char *type;
	const char *body;
};

/** A flow driven by hand: everything it waits for comes at once, in the order asked, without a network. */
struct flow_fixture {
	struct flow flow;
	struct env env;
	struct profile profile;
	struct iw_device device;
	int64_t skew;
	json_t *parameters;
	const struct canned *script;
	int requests;
	int saves;
	int fail_save;          /**< which save fails, counted from 1; 0 = none */
	bool locked;
	char urls[8][16384];    /**< of the requests */
	char body[1024];        /**< of the last request */
	char headers[4096];     /**< of the last request, lines joined by '\n' */
	bool bearer;            /**< of the last request */
	enum iw_phase saved[16]; /**< phase at each save */
};

void flow_fixture_init(struct flow_fixture *fixture);
void flow_fixture_free(struct flow_fixture *fixture);
/** Runs a flow from its first step to FLOW_DONE. The outcome of an earlier run is dropped, device and profile stay. `parameters` is JSON text. */
void flow_fixture_run(struct flow_fixture *fixture, flow_step_fn first, const char *parameters, const struct canned *script);

#endif

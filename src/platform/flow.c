/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/flow.h"

#include "base/text.h"

#include <pims/error.h>

#include <stdlib.h>
#include <string.h>

static void outcome_clear(struct outcome *outcome)
{
	json_wipe(outcome->result);
	json_decref(outcome->devices);
	outcome->result = NULL;
	outcome->devices = NULL;
}

static void outcome_init(struct outcome *outcome)
{
	*outcome = (struct outcome){.retry_after = -1, .remaining = -1};
}

void flow_init(struct flow *flow)
{
	memset(flow, 0, sizeof *flow);
	http_request_init(&flow->request);
	http_response_init(&flow->response);
	outcome_init(&flow->outcome);
}

void flow_clear(struct flow *flow)
{
	if (!flow)
		return;
	if (flow->data_free)
		flow->data_free(flow->data);
	flow->data = NULL;
	flow->data_free = NULL;
	http_request_reset(&flow->request);
	http_response_reset(&flow->response);
	secret_free_text(flow->redirect_uri);
	secret_free_text(flow->agent_url);
	secret_free_text(flow->agent_answer);
	flow->redirect_uri = NULL;
	flow->agent_url = NULL;
	flow->agent_answer = NULL;
	outcome_clear(&flow->outcome);
	outcome_init(&flow->outcome);
	flow->next = NULL;
}

const char *flow_text(const struct flow *flow, const char *name)
{
	return flow->parameters ? json_text(flow->parameters, name) : NULL;
}

int64_t flow_server_time(const struct flow *flow)
{
	return env_now(flow->env) / 1000 + (flow->clock_skew ? *flow->clock_skew : 0);
}

static enum flow_want end(struct flow *flow)
{
	flow->next = NULL;
	return FLOW_DONE;
}

enum flow_want flow_succeed(struct flow *flow, json_t *result)
{
	outcome_clear(&flow->outcome);
	outcome_init(&flow->outcome);
	flow->outcome.result = result;
	return end(flow);
}

enum flow_want flow_fail_name(struct flow *flow, int code, const char *name, const char *cause)
{
	outcome_clear(&flow->outcome);
	flow->outcome.code = code;
	flow->outcome.name[0] = '\0';
	flow->outcome.cause[0] = '\0';
	/* Both are our own words and fit; a longer one would be left out. */
	if (name)
		(void)text_copy(flow->outcome.name, sizeof flow->outcome.name, name);
	if (cause)
		(void)text_copy(flow->outcome.cause, sizeof flow->outcome.cause, cause);
	return end(flow);
}

enum flow_want flow_fail(struct flow *flow, int code, const char *cause)
{
	return flow_fail_name(flow, code, NULL, cause);
}

static const char *return_cause(int value)
{
	switch (value) {
	case PIMS_E_MEMORY:
		return "internal.memory";
	case PIMS_E_CRYPTO:
		return "internal.crypto";
	case PIMS_E_LIMIT:
		return "internal.limit";
	case PIMS_E_SYSTEM:
		return "internal.system";
	default:
		return "internal";
	}
}

enum flow_want flow_fail_return(struct flow *flow, int value)
{
	return flow_fail(flow, PIMS_UNKNOWN, return_cause(value));
}

enum flow_want flow_wait(struct flow *flow, enum flow_want want, flow_step_fn next)
{
	flow->next = next;
	return want;
}

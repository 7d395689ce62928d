/* SPDX-License-Identifier: Apache-2.0 */
#include "base/encode.h"
#include "base/json.h"
#include "base/text.h"
#include "server/account/rest.h"
#include "server/sandbox/internal.h"

#include <pims/error.h>

#include <string.h>

/* Faults that wait for their call, the oldest first. */

static const char *const kinds[] = {[FAULT_ERROR] = "error", [FAULT_SLOW] = "slow", [FAULT_CUT] = "cut", [FAULT_SILENT] = "silent"};
enum { KINDS = sizeof kinds / sizeof *kinds };

static json_t *describe(const struct fault *fault)
{
	json_t *object = json_object();
	json_t *calls = call_names(fault->calls);
	int r = json_put_int(object, "id", fault->id);

	if (r == 0)
		r = json_put_text(object, "kind", kinds[fault->kind]);
	if (r == 0 && fault->row)
		r = json_put_int(object, "code", fault_code(fault->row));
	if (r == 0 && fault->row)
		r = json_put_text(object, "label", pims_error_label(fault_code(fault->row)));
	if (r == 0)
		r = json_put_int(object, "count", fault->count);
	if (r == 0 && fault->done && json_object_set_new(object, "done", json_true()) != 0)
		r = PIMS_E_MEMORY;
	if (r == 0 && fault->kind == FAULT_SLOW)
		r = json_put_int(object, "milliseconds", fault->milliseconds);
	if (r == 0 && json_object_set(object, "calls", calls) != 0)
		r = PIMS_E_MEMORY;
	json_decref(calls);
	if (r == 0)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *waiting(struct sandbox *sandbox)
{
	struct faults *faults = &sandbox->faults;
	json_t *list = json_array();

	pthread_mutex_lock(&faults->lock);
	for (size_t i = 0; i < faults->count; i++)
		(void)json_array_append_new(list, describe(&faults->list[i]));
	pthread_mutex_unlock(&faults->lock);
	return json_pack("{s:o}", "faults", list);
}

/* With the lock held. */
static void drop(struct faults *faults, size_t index)
{
	faults->count--;
	memmove(&faults->list[index], &faults->list[index + 1], (faults->count - index) * sizeof *faults->list);
}

bool faults_take(struct sandbox *sandbox, const struct request *request, struct fault *ret_fault)
{
	struct faults *faults = &sandbox->faults;
	unsigned call = call_of(request);
	bool found = false;

	pthread_mutex_lock(&faults->lock);
	for (size_t i = 0; i < faults->count && !found; i++) {
		struct fault *fault = &faults->list[i];

		found = fault_meets(fault, call, request);
		if (!found)
			continue;
		*ret_fault = *fault;
		fault->count -= fault_spends(fault, call, request);
		if (fault->count == 0)
			drop(faults, i);
	}
	pthread_mutex_unlock(&faults->lock);
	if (found)
		events_tell(sandbox, "faults", waiting(sandbox));
	return found;
}

/* --- reading a fault ---------------------------------------------------------------------------------------------------------------------------------- */

static int wrong(const char **ret_why, const char *why)
{
	*ret_why = why;
	return PIMS_E_FORMAT;
}

static int read_number(const json_t *object, const char *name, int otherwise, int max, int *ret_number)
{
	const json_t *value = json_object_get(object, name);

	if (value && (!json_is_integer(value) || json_integer_value(value) < 1 || json_integer_value(value) > max))
		return PIMS_E_FORMAT;
	*ret_number = value ? (int)json_integer_value(value) : otherwise;
	return 0;
}

static int read_kind(const json_t *object, struct fault *fault, const char **ret_why)
{
	const json_t *code = json_object_get(object, "code");
	const char *name = json_text(object, "kind");
	size_t kind = 0;

	while (name && kind < KINDS && strcmp(kinds[kind], name) != 0)
		kind++;
	if (kind == KINDS || (!name && !code))
		return wrong(ret_why, "A fault has a code, or a kind: slow, cut or silent");
	fault->kind = (enum fault_kind)kind;
	if ((fault->kind == FAULT_ERROR) != (code != NULL))
		return wrong(ret_why, "A fault has a code or a kind, not both");
	if (fault->kind != FAULT_ERROR)
		return 0;
	fault->row = fault_row(json_int(object, "code", 0));
	return fault->row ? 0 : wrong(ret_why, "This code cannot be provoked: GET /sandbox/faults tells which can");
}

static int read_calls(const json_t *object, struct fault *fault, const char **ret_why)
{
	const json_t *value = json_object_get(object, "call");
	const char *name = json_text(object, "call");
	unsigned possible = fault->row ? fault_possible(fault->row) : CALLS_ANY;

	if (!value) {
		fault->calls = fault->row ? fault_usual(fault->row) : CALLS_API;
		return 0;
	}
	fault->calls = name ? call_bits(name) : 0;
	if (!fault->calls)
		return wrong(ret_why, "There is no such call: GET /sandbox/faults tells the names");
	fault->calls &= possible;
	return fault->calls ? 0 : wrong(ret_why, "That call cannot be answered so that it comes to this code");
}

static int read_done(const json_t *object, struct fault *fault, const char **ret_why)
{
	const json_t *value = json_object_get(object, "done");

	if (value && !json_is_boolean(value))
		return wrong(ret_why, "done is true or false");
	fault->done = json_is_true(value);
	if (fault->done && !fault_can_be_done(fault))
		return wrong(ret_why, "Only a call whose synchronisation fails (2316) is done all the same");
	return 0;
}

static int read_fault(const json_t *object, struct fault *fault, const char **ret_why)
{
	int r = read_kind(object, fault, ret_why);

	if (r == 0)
		r = read_calls(object, fault, ret_why);
	if (r == 0)
		r = read_done(object, fault, ret_why);
	if (r == 0 && read_number(object, "count", 1, FAULT_COUNT_MAX, &fault->count) < 0)
		r = wrong(ret_why, "count is a number from 1 to 1000");
	if (r == 0 && read_number(object, "milliseconds", 3000, FAULT_DELAY_MAX_MS, &fault->milliseconds) < 0)
		r = wrong(ret_why, "milliseconds is a number from 1 to 60000");
	return r;
}

static int add(struct sandbox *sandbox, const json_t *object, struct fault *ret_fault, const char **ret_why)
{
	struct faults *faults = &sandbox->faults;
	struct fault fault = {0};
	int r = read_fault(object, &fault, ret_why);

	if (r < 0)
		return r;
	pthread_mutex_lock(&faults->lock);
	if (faults->count < FAULTS_MAX) {
		fault.id = ++faults->next_id;
		faults->list[faults->count++] = fault;
	} else {
		r = PIMS_E_LIMIT;
	}
	pthread_mutex_unlock(&faults->lock);
	if (r == 0) {
		*ret_fault = fault;
		events_tell(sandbox, "faults", waiting(sandbox));
	}
	return r;
}

int sandbox_fault(struct sandbox *sandbox, const json_t *object, const char **ret_why)
{
	struct fault fault;

	return add(sandbox, object, &fault, ret_why);
}

void sandbox_forget_faults(struct sandbox *sandbox)
{
	pthread_mutex_lock(&sandbox->faults.lock);
	sandbox->faults.count = 0;
	pthread_mutex_unlock(&sandbox->faults.lock);
	events_tell(sandbox, "faults", waiting(sandbox));
}

static void forget(struct sandbox *sandbox, int64_t id)
{
	pthread_mutex_lock(&sandbox->faults.lock);
	for (size_t i = sandbox->faults.count; i > 0; i--)
		if (sandbox->faults.list[i - 1].id == id)
			drop(&sandbox->faults, i - 1);
	pthread_mutex_unlock(&sandbox->faults.lock);
	events_tell(sandbox, "faults", waiting(sandbox));
}

/* --- REST ------------------------------------------------------------------------------------------------------------------------------------------------ */

void sandbox_faults_list(struct request *request, struct response *response)
{
	json_t *object = waiting(request_sandbox(request));

	if (json_object_set_new(object, "codes", fault_codes()) != 0 || json_object_set_new(object, "calls", call_names(CALLS_ANY)) != 0) {
		json_decref(object);
		object = NULL;
	}
	response_json(response, 200, object);
}

void sandbox_faults_add(struct request *request, struct response *response)
{
	json_t *body = request_json(request);
	const char *why = "The body is a JSON object";
	struct fault fault;
	int r = body ? add(request_sandbox(request), body, &fault, &why) : PIMS_E_FORMAT;

	json_wipe(body);
	if (r == 0)
		response_json(response, 201, describe(&fault));
	else if (r == PIMS_E_LIMIT)
		response_problem(response, 409, "sandbox.faults", "Too many faults are waiting", -1, -1);
	else
		rest_bad_request(response, why);
}

/* All of them, or the one with ?id=. */
void sandbox_faults_clear(struct request *request, struct response *response)
{
	struct sandbox *sandbox = request_sandbox(request);
	const char *text = query_get(&request->query, "id");
	uint64_t id = 0;

	if (text && decimal_parse(text, INT64_MAX, &id) < 0) {
		rest_bad_request(response, "id is the id of a fault");
		return;
	}
	if (text)
		forget(sandbox, (int64_t)id);
	else
		sandbox_forget_faults(sandbox);
	response->status = 204;
}

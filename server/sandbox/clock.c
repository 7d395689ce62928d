/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"
#include "server/account/rest.h"
#include "server/sandbox/internal.h"

#include <pims/error.h>

#include <time.h>

/* The server's idea of the time, for everything that expires: codes, tokens, challenges, and the Date that clients learn from. */

enum { OFFSET_MAX_S = 10 * 366 * 24 * 60 * 60 };

static int64_t shifted_now(void *data)
{
	const struct shifted_clock *clock = data;

	return clock->real.now(clock->real.data) + atomic_load(&clock->offset) * 1000;
}

static int64_t real_monotonic(void *data)
{
	const struct shifted_clock *clock = data;

	return clock->real.monotonic(clock->real.data);
}

void clock_shift(struct shifted_clock *clock, struct env *env)
{
	clock->real = env->clock;
	env->clock = (struct pims_clock){.size = sizeof env->clock, .now = shifted_now, .monotonic = real_monotonic, .data = clock};
}

int sandbox_put_time(json_t *object, const char *name, int64_t milliseconds)
{
	time_t seconds = (time_t)(milliseconds / 1000);
	struct tm parts;
	char text[32];

	if (!gmtime_r(&seconds, &parts) || !strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts))
		return PIMS_E_FORMAT;
	return json_put_text(object, name, text);
}

static json_t *clock_state(const struct sandbox *sandbox)
{
	json_t *object = json_object();

	if (json_put_int(object, "offset", atomic_load(&sandbox->clock.offset)) == 0 &&
	    sandbox_put_time(object, "time", env_now(&sandbox->server->env)) == 0)
		return object;
	json_decref(object);
	return NULL;
}

static int set_offset(struct sandbox *sandbox, int64_t seconds)
{
	if (seconds > OFFSET_MAX_S || seconds < -OFFSET_MAX_S)
		return PIMS_E_LIMIT;
	atomic_store(&sandbox->clock.offset, seconds);
	events_tell(sandbox, "clock", clock_state(sandbox));
	return 0;
}

int sandbox_advance(struct sandbox *sandbox, int64_t seconds)
{
	if (seconds > 2 * (int64_t)OFFSET_MAX_S || seconds < -2 * (int64_t)OFFSET_MAX_S)
		return PIMS_E_LIMIT;
	return set_offset(sandbox, atomic_load(&sandbox->clock.offset) + seconds);
}

void sandbox_clock_tell(struct request *request, struct response *response)
{
	response_json(response, 200, clock_state(request_sandbox(request)));
}

void sandbox_clock_set(struct request *request, struct response *response)
{
	struct sandbox *sandbox = request_sandbox(request);
	json_t *body = request_json(request);
	const json_t *advance = json_object_get(body, "advance"), *offset = json_object_get(body, "offset");
	int r = PIMS_E_FORMAT;

	if (json_is_integer(advance) && !offset)
		r = sandbox_advance(sandbox, json_integer_value(advance));
	else if (json_is_integer(offset) && !advance)
		r = set_offset(sandbox, json_integer_value(offset));
	json_wipe(body);
	if (r < 0)
		rest_bad_request(response, "The body is {\"advance\": seconds} or {\"offset\": seconds}, at most ten years from the real time");
	else
		sandbox_clock_tell(request, response);
}

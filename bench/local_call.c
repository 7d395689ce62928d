/* SPDX-License-Identifier: Apache-2.0 */
/* Dispatch of a call that needs no network: from pims_get() to the return of its callback. */
#include "bench/measure.h"

#include <pims/pims.h>

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WARM_UP = 1000, CALLS = 20000, BATCH = 1000 };

static const char configuration[] =
	"{\"environnement\": \"development\", \"mode\": \"B2C\", \"profile\": {\"brand\": \"Peugeot\"}, \"credential\": {"
	"\"clientID\": \"bench\", \"clientSecret\": \"\", \"webviewsRedirectURI\": \"http://127.0.0.1/callback\","
	"\"loginRedirectURI\": \"http://127.0.0.1/callback\"}}";

static unsigned succeeded;

static void take(void *data, const struct pims_message *message)
{
	(void)data;
	succeeded += pims_message_succeeded(message) ? 1 : 0;
}

static void call(struct pims *pims)
{
	measure_need(pims_get(pims, "pims.sdk.version", NULL, take, NULL, NULL) == 0, "pims_get");
}

/* One at a time, as an application does. */
static void measure_single(struct pims_loop *loop, struct pims *pims)
{
	static double times[CALLS];

	for (int i = 0; i < WARM_UP + CALLS; i++) {
		double start = measure_now();

		call(pims);
		measure_need(pims_run(loop, -1) == 0, "pims_run");
		if (i >= WARM_UP)
			times[i - WARM_UP] = measure_now() - start;
	}
	measure_print(measure_percentile(times, CALLS, 50), "us", "dispatch of a local call, median");
	measure_print(measure_percentile(times, CALLS, 99), "us", "dispatch of a local call, 99 %");
}

static void measure_batch(struct pims_loop *loop, struct pims *pims)
{
	static double times[CALLS / BATCH];

	for (int i = 0; i < CALLS / BATCH; i++) {
		double start = measure_now();

		for (int k = 0; k < BATCH; k++)
			call(pims);
		measure_need(pims_run(loop, -1) == 0, "pims_run");
		times[i] = (measure_now() - start) / BATCH;
	}
	measure_print(measure_percentile(times, CALLS / BATCH, 50), "us", "dispatch of a local call, 1000 pending at once, each");
}

int main(void)
{
	char directory[] = "/tmp/openpims-bench-XXXXXX";
	struct pims_loop *loop = NULL;
	struct pims *pims = NULL;
	struct pims_options options = {.size = sizeof options};

	measure_need(mkdtemp(directory) != NULL, "temporary directory");
	options.state_dir = directory;
	measure_need(pims_loop_new(&loop, NULL) == 0 && pims_new(&pims, loop, &options) == 0, "pims_new");
	measure_need(pims_initialize(pims, configuration, take, NULL, NULL) == 0 && pims_run(loop, -1) == 0, "pims_initialize");
	measure_need(succeeded == 1, "initialize did not succeed");
	measure_single(loop, pims);
	measure_batch(loop, pims);
	measure_need(succeeded == 1 + WARM_UP + 2 * CALLS, "a call did not succeed");
	pims_loop_free(loop);
	for (size_t i = 0; i < 3; i++) {
		static const char *const names[] = {"state", "key", "lock"};
		char path[64];

		snprintf(path, sizeof path, "%s/%s", directory, names[i]);
		unlink(path);
	}
	rmdir(directory);
	return 0;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "server/http/http_internal.h"

#include <pims/error.h>

#include <errno.h>
#include <stdlib.h>

enum { WORKER_STACK = 512 * 1024 };

static struct exchange *take(struct workers *workers)
{
	struct exchange *exchange;

	while (!workers->first && !workers->stop)
		pthread_cond_wait(&workers->wanted, &workers->lock);
	exchange = workers->first;
	if (!exchange)
		return NULL;
	workers->first = exchange->next;
	if (!workers->first)
		workers->last = &workers->first;
	workers->queued--;
	return exchange;
}

static void *worker_main(void *data)
{
	struct workers *workers = data;

	for (;;) {
		struct exchange *exchange;

		pthread_mutex_lock(&workers->lock);
		exchange = take(workers);
		pthread_mutex_unlock(&workers->lock);
		if (!exchange)
			return NULL;
		exchange_run(exchange);
	}
}

int workers_push(struct workers *workers, struct exchange *exchange)
{
	int r = 0;

	exchange->next = NULL;
	pthread_mutex_lock(&workers->lock);
	if (workers->stop || workers->queued == workers->max_queued) {
		r = PIMS_E_AGAIN;
	} else {
		*workers->last = exchange;
		workers->last = &exchange->next;
		workers->queued++;
		pthread_cond_signal(&workers->wanted);
	}
	pthread_mutex_unlock(&workers->lock);
	return r;
}

int workers_start(struct workers *workers, unsigned count, unsigned max_queued)
{
	pthread_attr_t attributes;
	int error = 0;

	workers->last = &workers->first;
	workers->max_queued = max_queued;
	workers->threads = calloc(count, sizeof *workers->threads);
	if (!workers->threads)
		return PIMS_E_MEMORY;
	pthread_mutex_init(&workers->lock, NULL);
	pthread_cond_init(&workers->wanted, NULL);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, WORKER_STACK);
	while (workers->count < count && !error) {
		error = pthread_create(&workers->threads[workers->count], &attributes, worker_main, workers);
		workers->count += error ? 0 : 1;
	}
	pthread_attr_destroy(&attributes);
	if (!error)
		return 0;
	workers_stop(workers);
	errno = error;
	return PIMS_E_SYSTEM;
}

void workers_stop(struct workers *workers)
{
	pthread_mutex_lock(&workers->lock);
	workers->stop = true;
	pthread_cond_broadcast(&workers->wanted);
	pthread_mutex_unlock(&workers->lock);
	for (unsigned i = 0; i < workers->count; i++)
		pthread_join(workers->threads[i], NULL);
	free(workers->threads);
	pthread_cond_destroy(&workers->wanted);
	pthread_mutex_destroy(&workers->lock);
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMSD_EXTERNAL_WAIT_H
#define PIMSD_EXTERNAL_WAIT_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* Conditions that threads wait for at most so long, on a clock that nobody sets. Threads sleep by the machine's clock, whatever the server's is. */

void wait_init(pthread_cond_t *condition);
/** The time in so many milliseconds from now, for pthread_cond_timedwait() on such a condition. */
struct timespec wait_end(int64_t milliseconds);

#endif

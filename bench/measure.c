/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

double measure_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	const double *x = a;
	const double *y = b;

	return (*x > *y) - (*x < *y);
}

double measure_percentile(double *values, size_t count, int percent)
{
	qsort(values, count, sizeof *values, compare);
	return count ? values[(count - 1) * (size_t)percent / 100] : 0;
}

void measure_print(double value, const char *unit, const char *what)
{
	printf("%10.2f %-6s %s\n", value, unit, what);
	fflush(stdout);
}

void measure_need(int condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

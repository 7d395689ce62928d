/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_BENCH_MEASURE_H
#define PIMS_BENCH_MEASURE_H

#include <stddef.h>

/** Microseconds of a clock that never goes back. */
double measure_now(void);
/** The value below which `percent` of the values lie; sorts them. */
double measure_percentile(double *values, size_t count, int percent);
/** One line: a figure, its unit, what it is. */
void measure_print(double value, const char *unit, const char *what);
/** Ends the program with a text unless the condition holds. */
void measure_need(int condition, const char *what);

#endif

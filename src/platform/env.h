/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_PLATFORM_ENV_H
#define PIMS_PLATFORM_ENV_H

#include <pims/options.h>

#include <stddef.h>
#include <stdint.h>

/**
 * What logic gets instead of time(), getrandom() and printf(): the hooks of one context or server, all of them set (built-ins in
 * place of NULL). Copied by value; `data` pointers are the caller's.
 */
struct env {
	struct pims_clock clock;
	struct pims_random random;
	struct pims_log log;
};

/** Fills `ret_env`; each argument may be NULL or shorter than its structure (by `size`). */
void env_init(struct env *ret_env, const struct pims_clock *clock, const struct pims_random *random, const struct pims_log *log);
/** Milliseconds since 1970, and of a clock that never goes back. */
int64_t env_now(const struct env *env);
int64_t env_monotonic(const struct env *env);
/** PIMS_E_CRYPTO when the source fails. */
int env_random(const struct env *env, void *bytes, size_t length);
/** `length` random bytes as 2*length hex digits and a NUL. */
int env_random_hex(const struct env *env, char *ret_hex, size_t length);
/** A line for the log hook; secrets never come here. */
void env_log(const struct env *env, enum pims_log_level level, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif

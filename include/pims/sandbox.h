/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_SANDBOX_H
#define PIMS_SANDBOX_H

/*
 * libpimsd-sandbox: `pimsd --sandbox` in the process of a test. The server runs on threads of its own; every function may be called on any
 * thread, but not while pims_sandbox_stop() runs. There may be any number of sandboxes at once. What can be provoked stands in docs/SANDBOX.md.
 *
 * Account demo@example.com, password demo-password; clients "pims" (public) and "demo" (secret "demo"); pims_discover() with
 * pims_sandbox_url() gives the parameters of pims_initialize().
 *
 *   cc test.c $(pkg-config --cflags --libs pimsd-sandbox)
 */

#include <pims/error.h>
#include <pims/options.h>
#include <pims/version.h>

#ifdef __cplusplus
extern "C" {
#endif

struct pims_sandbox;

/** Options; see the note on `size` in pims/options.h. */
struct pims_sandbox_options {
	size_t size;
	const char *data_dir; /**< kept at the end; NULL: a temporary one, removed at the end */
	unsigned port;        /**< on 127.0.0.1; 0 = any free one */
	const struct pims_clock *clock; /**< the real time; hooks are called on the server's threads. NULL = built in */
	const struct pims_log *log;     /**< called on the server's threads; NULL = nothing */
};

/**
 * Starts a server and returns when it answers. `options` may be NULL. The caller owns *ret_sandbox: pims_sandbox_stop(). On failure *ret_sandbox is
 * unchanged, and the log says what went wrong. Errors: PIMS_E_INVALID, PIMS_E_MEMORY, PIMS_E_SYSTEM (address in use, directory not writable),
 * PIMS_E_KEY and PIMS_E_STATE (data of another server). Since 0.1.
 */
PIMS_API int pims_sandbox_start(struct pims_sandbox **ret_sandbox, const struct pims_sandbox_options *options);

/** Lets running requests finish, then ends the server; NULL is allowed. Since 0.1. */
PIMS_API void pims_sandbox_stop(struct pims_sandbox *sandbox);

/** "http://127.0.0.1:PORT"; lives as long as the sandbox. Since 0.1. */
PIMS_API const char *pims_sandbox_url(const struct pims_sandbox *sandbox);

/**
 * The code of the newest SMS, which is on its way when the call that asked for it has succeeded. `purpose`: "enrollment", "resetPIN",
 * "phoneNumberCertification", or NULL for any. `ret_code` gets it with its NUL; 16 bytes are enough. Errors: PIMS_E_INVALID, PIMS_E_NOT_FOUND (no
 * such SMS), PIMS_E_LIMIT (`size` is too small), PIMS_E_SYSTEM. Since 0.1.
 */
PIMS_API int pims_sandbox_sms(struct pims_sandbox *sandbox, const char *purpose, char *ret_code, size_t size);

/**
 * Lets the next matching calls fail: `fault` is the JSON object of POST /sandbox/faults, e.g. {"code": 2308, "call": "otp"} or
 * {"kind": "slow", "milliseconds": 500}. NULL removes all faults that wait. Errors: PIMS_E_INVALID, PIMS_E_FORMAT (it says no fault),
 * PIMS_E_LIMIT (too many wait). Since 0.1.
 */
PIMS_API int pims_sandbox_fault(struct pims_sandbox *sandbox, const char *fault);

/**
 * Moves the server's clock, forwards or (negative) back: codes and tokens expire without waiting. Errors: PIMS_E_INVALID, PIMS_E_LIMIT (more than
 * ten years from the real time). Since 0.1.
 */
PIMS_API int pims_sandbox_advance_clock(struct pims_sandbox *sandbox, int64_t seconds);

#ifdef __cplusplus
}
#endif

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_FACADE_STATE_H
#define PIMS_FACADE_STATE_H

#include "base/json.h"
#include "identity/session.h"
#include "inwebo/device.h"
#include "platform/profile.h"

#include <stdbool.h>
#include <stdint.h>

enum { STATE_DOCUMENT_VERSION = 1, STATE_DOCUMENT_MAX = 512 * 1024, STATE_ENDPOINTS_SECONDS = 24 * 3600 };

/** What an installation remembers: who is signed in, its device at inWebo, what was learnt of the server. */
struct state {
	struct session session;
	struct iw_device device;
	int64_t clock_skew;     /**< seconds: the server's clock minus ours */
	int64_t endpoints_time; /**< when the profile's endpoints were discovered, seconds since 1970 */
};

/** Wipes session and device. */
void state_free(struct state *state);

/** The document that is sealed; the endpoints come from the profile. The caller owns *ret_document and wipes it. */
int state_encode(const struct state *state, const struct profile *profile, json_t **ret_document);

/**
 * Reads a document into an all-zero state; the session of another backend or brand is left out. PIMS_E_FORMAT, PIMS_E_VERSION (written by a
 * newer version), PIMS_E_MEMORY: the state stays all zero.
 */
int state_decode(const json_t *document, const struct profile *profile, struct state *ret_state);

/**
 * Fills profile->endpoints and state->endpoints_time from the document when they were discovered for this configuration less than
 * STATE_ENDPOINTS_SECONDS before `now` (seconds); else, and on failure, leaves both.
 */
void state_endpoints(const json_t *document, int64_t now, struct profile *profile, struct state *state);

/** True when endpoints discovered at state->endpoints_time may still be used. */
bool state_endpoints_fresh(const struct state *state, int64_t now);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_IDENTITY_PKCE_H
#define PIMS_IDENTITY_PKCE_H

#include "base/buf.h"
#include "base/secret.h"
#include "platform/env.h"

/** 256 random bits as base64url: a code verifier (RFC 7636 §4.1), state or nonce. */
int pkce_random(const struct env *env, struct secret *ret_text);
/** Appends the S256 challenge of a verifier (RFC 7636 §4.2). */
int pkce_challenge(const char *verifier, struct buf *buf);

#endif

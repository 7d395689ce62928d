/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_INWEBO_OTP_H
#define PIMS_INWEBO_OTP_H

#include "base/digest.h"
#include "base/secret.h"

#include <stdint.h>

enum { IW_OTP_MAX = 8, IW_BASE36_SIZE = 14 };

/** The OTP of texts K1, defi and secval: 1 to IW_OTP_MAX characters of a…z0…9. */
int iw_otp(const char *k1, const char *defi, const char *secval, struct secret *ret_otp);
/** The 38 bits of a digest that make the OTP. */
uint64_t iw_otp_value(const unsigned char digest[SHA256_SIZE]);
/** Base 36 with the alphabet a…z0…9, the least significant digit first, no padding; 0 is "a". */
void iw_base36(uint64_t value, char ret_text[IW_BASE36_SIZE]);

#endif

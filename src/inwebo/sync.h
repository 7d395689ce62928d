/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_INWEBO_SYNC_H
#define PIMS_INWEBO_SYNC_H

#include "inwebo/answer.h"
#include "inwebo/device.h"

/**
 * What a Finalize answer changes in the device (spec/wire.md §1): id, K0, K1, then dK1, H, Tsync and secid (these two only with s_n), J, K. Empty elements
 * change nothing. Keys that wait from an earlier answer are applied first. `kma` NULL = no PIN at hand: K0 and K1 are put
 * aside, and dK1 with them; H is dropped. `now`: seconds since 1970. PIMS_E_FORMAT leaves the device half changed: work on a copy.
 */
int iw_sync(struct iw_device *device, const struct iw_answer *answer, const char *kma, int64_t now);
/** Applies what waits. Nothing waiting is fine. */
int iw_sync_waiting(struct iw_device *device, const char *kma);
/** True when K0 or K1 wait for a PIN. */
bool iw_sync_needed(const struct iw_device *device);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_STRONG_ENROLLMENT_H
#define PIMS_STRONG_ENROLLMENT_H

#include "platform/flow.h"

/** Goes on as set enrollment enroll does once the endpoints are known; mac_begin() was called. */
enum flow_want enrollment_lock(struct flow *flow);

#endif

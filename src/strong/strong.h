/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_STRONG_STRONG_H
#define PIMS_STRONG_STRONG_H

#include "platform/flow.h"

/* First steps of the flows of this layer (platform/flow.h). */

/** get pims.authentication.trustedphonenumber */
enum flow_want strong_trusted_phone(struct flow *flow);
/** get pims.authentication.smscode type=enrollment, resetPIN */
enum flow_want strong_sms_enrollment(struct flow *flow);
enum flow_want strong_sms_reset_pin(struct flow *flow);
/** get pims.authentication.smscode type=phoneNumberCertification */
enum flow_want strong_sms_certify_phone(struct flow *flow);
/** set pims.authentication.smscode addPhoneNumber, modifyPhoneNumber */
enum flow_want strong_add_phone(struct flow *flow);
enum flow_want strong_modify_phone(struct flow *flow);
/** set pims.authentication.smscode action=enrollment: ActionSetup activate */
enum flow_want strong_sms_confirm(struct flow *flow);
/** set pims.authentication.enrollment action=enroll: ActionFinalize activate, then ms */
enum flow_want strong_enroll(struct flow *flow);
/** set pims.authentication.enrollment action=enrollWithPhoneNumber: addPhoneNumber, then enroll with the same code */
enum flow_want strong_enroll_with_phone(struct flow *flow);
/** set pims.authentication.pincode action=update, reset */
enum flow_want strong_pin_update(struct flow *flow);
enum flow_want strong_pin_reset(struct flow *flow);
/** get pims.authentication.otp action=withPIN, withoutPIN */
enum flow_want strong_otp_with_pin(struct flow *flow);
enum flow_want strong_otp_without_pin(struct flow *flow);
/** get pims.authentication.account actionType=strong type=isDeviceActivated, isAccountBlocked */
enum flow_want strong_device_activated(struct flow *flow);
enum flow_want strong_account_blocked(struct flow *flow);
/** set pims.authentication.enrollment action=remove: every device of the account */
enum flow_want strong_remove(struct flow *flow);
/** ours: get pims.authentication.device; set pims.authentication.device action=remove */
enum flow_want strong_devices(struct flow *flow);
enum flow_want strong_device_remove(struct flow *flow);

#endif

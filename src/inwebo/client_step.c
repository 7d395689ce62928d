/* SPDX-License-Identifier: Apache-2.0 */
#include "inwebo/client_step.h"

#include "inwebo/crypto.h"

int iw_step_open(struct iw_reply *reply, enum iw_step step, struct iw_answer *ret_answer)
{
	int r = iw_answer_read(reply->xml, reply->length, iw_step_action(step), ret_answer);

	if (r == 0)
		r = (int)iw_answer_refusal(ret_answer, &reply->refusal);
	return r;
}

int iw_step_commit(struct iw_device *device, struct iw_device *next, int result)
{
	if (result != 0) {
		iw_device_free(next);
		return result;
	}
	iw_device_free(device);
	*device = *next;
	return 0;
}

int iw_step_kma(const struct iw_device *device, const char *pin, struct secret *ret_kma)
{
	struct buf serial = BUF_INIT(IW_MAX_SERIAL);
	int r = iw_device_serial(device, &serial);

	if (r == 0)
		r = iw_kma(pin, buf_text(&serial), ret_kma);
	buf_free(&serial);
	return r;
}

int iw_step_prove(const struct iw_device *device, const char *pin, struct iw_proofs *ret_proofs)
{
	struct buf serial = BUF_INIT(IW_MAX_SERIAL);
	int r = iw_device_serial(device, &serial);
	struct iw_proof_keys keys = {
		.challenge = device->challenge,
		.k0 = secret_text(&device->k0),
		.k1 = secret_text(&device->k1),
		.serial = buf_text(&serial),
	};

	if (r == 0)
		r = iw_prove(&keys, pin, ret_proofs);
	buf_free(&serial);
	return r;
}

void iw_step_put_proofs(struct iw_request *request, const struct iw_proofs *proofs)
{
	request->r0 = proofs->r0;
	request->r1 = proofs->r1;
	request->r2 = proofs->r2;
}

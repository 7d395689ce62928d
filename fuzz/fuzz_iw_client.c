/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of iwws/MAC to a device in every phase: a step that fails changes nothing, one that succeeds leaves a device that can be saved and read. */
#include "fuzz/fuzz.h"
#include "inwebo/client.h"
#include "inwebo/device.h"

#include <string.h>

#define KEY "\"0123456789abcdef0123456789abcdef\""
#define MODULUS \
	"\"f6210fea2390c32ebe712c6604f2adc2959da171d4f64c15aff695e0d037497902d3f58f26e478d38016e6b5ff63a05a550b6ab3a17bce46ab6d04f422059177" \
	"8e2b391dcf9e8475523155780bc90c94f6f38c01de8806de18b80a4772b5b1d7cab980b1c9b260ca4ca3c6068eca84ab4d28f7891c74dbf7ea6fdc4ce166baa7\""
#define PHASE(phase) \
	"{\"phase\":\"" phase "\",\"device_id\":\"0011223344556677\",\"alea\":" KEY ",\"id\":\"42\",\"k0\":" KEY ",\"k1\":" KEY \
	",\"macid\":" KEY ",\"kfact\":" MODULUS ",\"kiw\":" MODULUS ",\"code\":\"12345678\",\"ms_id\":\"1\",\"ms_key\":" MODULUS \
	",\"ms_secret\":" KEY ",\"challenge\":" KEY ",\"secid\":\"1\"}"

static int fill(void *data, void *bytes, size_t length)
{
	(void)data;
	memset(bytes, 7, length);
	return 0;
}

static int64_t now(void *data)
{
	(void)data;
	return 1700000000000;
}

static const struct env env = {.clock = {.now = now, .monotonic = now}, .random = {.fill = fill}};
static const struct iw_app app = {.macid = "0123456789abcdef0123456789abcdef", .name = "fuzz"};

static int finalize_otp(struct iw_device *device, const char *pin, struct iw_reply *reply)
{
	struct secret otp = {0};
	bool again = false;
	int r = iw_client_finalize_otp_answer(device, pin, reply, &otp, &again);

	FUZZ_CHECK(r == 0 ? again || !secret_empty(&otp) : secret_empty(&otp));
	secret_free(&otp);
	return r;
}

static int step(unsigned which, struct iw_device *device, struct iw_reply *reply)
{
	switch (which) {
	case 0:
		return iw_client_setup_activate_answer(device, &app, "12345678", reply);
	case 1:
		return iw_client_finalize_activate_answer(device, &env, "1234", reply);
	case 2:
		return iw_client_ms_answer(device, "1234", reply);
	case 3:
		return iw_client_setup_otp_answer(device, reply);
	default:
		return finalize_otp(device, which == 4 ? "1234" : NULL, reply);
	}
}

static json_t *picture(const struct iw_device *device)
{
	json_t *object = NULL;

	FUZZ_CHECK(iw_device_encode(device, &object) == 0);
	return object;
}

static void check(const json_t *before, const struct iw_device *device, int r)
{
	struct iw_device again = {0};
	json_t *after = picture(device);

	if (r != 0 && r != IW_SYNCHROFAILED)
		FUZZ_CHECK(json_equal(before, after));
	FUZZ_CHECK(iw_device_decode(after, &again) == 0);
	iw_device_free(&again);
	json_wipe(after);
}

static void try_step(unsigned which, const char *document, const uint8_t *data, size_t size)
{
	struct iw_reply reply = {.xml = (const char *)data, .length = size};
	struct iw_device device = {0};
	json_t *object = NULL, *before;

	FUZZ_CHECK(json_parse_object(document, strlen(document), 8192, &object) == 0);
	FUZZ_CHECK(iw_device_decode(object, &device) == 0);
	before = picture(&device);
	check(before, &device, step(which, &device, &reply));
	json_wipe(before);
	json_wipe(object);
	iw_device_free(&device);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char setup[] = "ActionSetup";
	static const struct {
		const char *document;
		bool setup;
	} steps[] = {{PHASE("setup"), true},  {PHASE("finalize"), false}, {PHASE("ms"), false},
		     {PHASE("active"), true}, {PHASE("active"), false},   {PHASE("active"), false}};
	bool is_setup = memmem(data, size, setup, sizeof setup - 1) != NULL;

	for (unsigned which = 0; which < sizeof steps / sizeof *steps; which++)
		if (steps[which].setup == is_setup)
			try_step(which, steps[which].document, data, size);
	return 0;
}

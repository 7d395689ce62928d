/* SPDX-License-Identifier: Apache-2.0 */
/* A program that starts a sandbox often reads its first line only. */
#include "app.h"
#include "web.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MESSAGES = 60, PIPE_BYTES = 4096 };

static void a_console_that_nobody_reads_does_not_stop_the_server(void **state)
{
	struct sandbox sandbox;
	struct app app;

	(void)state;
	sandbox_start(&sandbox, (const char *const[]){"--sms-cooldown", "0", NULL});
	assert_true(fcntl(sandbox.output, F_SETPIPE_SZ, PIPE_BYTES) >= 0);
	app_start(&app, &sandbox, NULL);
	app_initialize(&app);
	app_login(&app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	for (int i = 0; i < MESSAGES; i++) {
		app_call(&app, "get", "pims.authentication.smscode", "{\"type\": \"enrollment\"}");
		app_assert_succeeded(&app);
	}
	assert_int_equal(sandbox_sms_count(&sandbox), MESSAGES);
	app_remove(&app);
	sandbox_stop(&sandbox);
	sandbox_remove(&sandbox);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_console_that_nobody_reads_does_not_stop_the_server),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

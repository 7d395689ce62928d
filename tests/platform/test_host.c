/* SPDX-License-Identifier: Apache-2.0 */
/* What the machine calls itself, told or not. */
#include "platform/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cmocka.h>

static char root[64];

static int begin(void **state)
{
	(void)state;
	snprintf(root, sizeof root, "/tmp/openpims-host-XXXXXX");
	assert_non_null(mkdtemp(root));
	return 0;
}

static const char *const folders[] = {"/etc", "/usr", "/usr/lib", "/sys", "/sys/class", "/sys/class/dmi", "/sys/class/dmi/id"};
static const char *const files[] = {"/etc/os-release", "/usr/lib/os-release", "/sys/class/dmi/id/product_name", "/sys/class/dmi/id/sys_vendor"};

static int end(void **state)
{
	char path[128];

	(void)state;
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		snprintf(path, sizeof path, "%s%s", root, files[i]);
		unlink(path);
	}
	for (size_t i = sizeof folders / sizeof *folders; i > 0; i--) {
		snprintf(path, sizeof path, "%s%s", root, folders[i - 1]);
		rmdir(path);
	}
	return rmdir(root);
}

static void put(const char *name, const char *text)
{
	char path[128];
	FILE *file;

	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		snprintf(path, sizeof path, "%s%s", root, folders[i]);
		mkdir(path, 0700);
	}
	snprintf(path, sizeof path, "%s%s", root, name);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void a_machine_that_tells_nothing_has_general_words(void **state)
{
	struct utsname names;
	struct host host;

	(void)state;
	assert_int_equal(uname(&names), 0);
	host_read(root, &host);
	assert_string_equal(host.os, names.sysname);
	assert_string_equal(host.os_version, names.release);
	assert_string_equal(host.model, names.machine);
	assert_string_equal(host.brand, "generic");
}

static void fillers_of_board_makers_are_not_taken(void **state)
{
	struct host host;

	(void)state;
	put("/sys/class/dmi/id/product_name", "To be filled by O.E.M.\n");
	put("/sys/class/dmi/id/sys_vendor", " \n");
	put("/etc/os-release", "VERSION_ID=\n\nNAME\n=\nXNAME=x\n");
	host_read(root, &host);
	assert_true(strlen(host.model) > 0);
	assert_string_not_equal(host.model, "To be filled by O.E.M.");
	assert_string_equal(host.brand, "generic");
	assert_string_not_equal(host.os, "x");
	assert_true(strlen(host.os_version) > 0);
}

static void what_is_told_is_taken(void **state)
{
	struct host host;

	(void)state;
	put("/etc/os-release", "ID=debian\nNAME=\"Debian GNU/Linux\"\nVERSION_ID='12'\n");
	put("/sys/class/dmi/id/product_name", "Model 5\n");
	put("/sys/class/dmi/id/sys_vendor", "Maker\t \xc3\xa9\n");
	host_read(root, &host);
	assert_string_equal(host.os, "Debian GNU/Linux");
	assert_string_equal(host.os_version, "12");
	assert_string_equal(host.model, "Model 5");
	assert_string_equal(host.brand, "Maker");
}

static void the_second_place_of_os_release_counts_too(void **state)
{
	struct host host;

	(void)state;
	put("/usr/lib/os-release", "NAME=Small\nVERSION_ID=1.2\n");
	host_read(root, &host);
	assert_string_equal(host.os, "Small");
	assert_string_equal(host.os_version, "1.2");
}

static void long_texts_are_cut(void **state)
{
	char text[8192];
	struct host host;

	(void)state;
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	put("/sys/class/dmi/id/product_name", text);
	host_read(root, &host);
	assert_int_equal(strlen(host.model), HOST_TEXT_SIZE - 1);
}

static void this_machine_has_all_four(void **state)
{
	struct host host;

	(void)state;
	host_read("", &host);
	assert_true(*host.os && *host.os_version && *host.model && *host.brand);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_machine_that_tells_nothing_has_general_words, begin, end),
		cmocka_unit_test_setup_teardown(fillers_of_board_makers_are_not_taken, begin, end),
		cmocka_unit_test_setup_teardown(what_is_told_is_taken, begin, end),
		cmocka_unit_test_setup_teardown(the_second_place_of_os_release_counts_too, begin, end),
		cmocka_unit_test_setup_teardown(long_texts_are_cut, begin, end),
		cmocka_unit_test_setup_teardown(this_machine_has_all_four, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "support/certificates.h"
#include "support/tls_client.h"
#include "web.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* libpims and pimsd with TLS between them: whom the one trusts, and what the other does at SIGHUP. */

#define OTP "pims.authentication.otp"
#define WITHOUT_PIN "{\"action\":\"withoutPIN\"}"
#define WELL_KNOWN "GET /.well-known/openid-configuration HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

enum { TRIES = 60000 };

struct world {
	struct sandbox sandbox;
	struct app app;
	struct authority authority, other;
	unsigned port;
	char directory[64], ca[96], other_ca[96], certificate[96], key[96];
	const char *ca_file, *pins; /**< what the application trusts */
};

static int setup(void **state)
{
	static struct world world;

	memset(&world, 0, sizeof world);
	(void)snprintf(world.directory, sizeof world.directory, "/tmp/pims-test-e2e-tls-XXXXXX");
	assert_non_null(mkdtemp(world.directory));
	(void)snprintf(world.ca, sizeof world.ca, "%s/ca.pem", world.directory);
	(void)snprintf(world.other_ca, sizeof world.other_ca, "%s/other.pem", world.directory);
	(void)snprintf(world.certificate, sizeof world.certificate, "%s/cert.pem", world.directory);
	(void)snprintf(world.key, sizeof world.key, "%s/key.pem", world.directory);
	authority_make(&world.authority, "authority");
	authority_make(&world.other, "other");
	authority_write(&world.authority, world.ca);
	authority_write(&world.other, world.other_ca);
	certificate_make(&world.authority, &(struct wanted){.serial = 1}, world.certificate, world.key);
	sandbox_start(&world.sandbox, (const char *const[]){"--tls-cert", world.certificate, "--tls-key", world.key, NULL});
	assert_int_equal(strncmp(world.sandbox.url, "https://127.0.0.1:", 18), 0);
	world.port = (unsigned)strtoul(strrchr(world.sandbox.url, ':') + 1, NULL, 10);
	world.ca_file = web_ca_file = world.ca;
	*state = &world;
	return 0;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

static int teardown(void **state)
{
	struct world *world = *state;

	if (world->app.loop)
		app_remove(&world->app);
	sandbox_stop(&world->sandbox);
	sandbox_remove(&world->sandbox);
	authority_free(&world->authority);
	authority_free(&world->other);
	nftw(world->directory, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
	web_ca_file = NULL;
	return 0;
}

static void trust(struct app *app, struct pims_options *options)
{
	const struct world *world = app->data;

	options->ca_file = world->ca_file;
	options->pinned_keys = world->pins;
}

static void start_app(struct world *world)
{
	app_start_with(&world->app, &world->sandbox, trust, world);
	app_initialize(&world->app);
}

static void sign_in_and_enrol(struct world *world)
{
	start_app(world);
	app_login(&world->app, SANDBOX_EMAIL, SANDBOX_PASSWORD);
	app_assert_succeeded(&world->app);
	app_enrol(&world->app, &world->sandbox, "4739");
}

static void ask_for_otp(struct world *world)
{
	app_call(&world->app, "get", OTP, WITHOUT_PIN);
}

static void trust_again(struct world *world, const char *ca_file, const char *pins)
{
	world->ca_file = ca_file;
	world->pins = pins;
	app_reopen(&world->app);
}

static void only_the_right_authority_and_key_will_do(void **state)
{
	struct world *world = *state;
	char pin[PIN_SIZE], spare[PIN_SIZE], both[2 * PIN_SIZE + 1], spare_certificate[96], spare_key[96];

	sign_in_and_enrol(world);
	certificate_pin(world->certificate, pin);
	(void)snprintf(spare_certificate, sizeof spare_certificate, "%s/spare.pem", world->directory);
	(void)snprintf(spare_key, sizeof spare_key, "%s/spare.key", world->directory);
	certificate_make(&world->authority, &(struct wanted){.serial = 9}, spare_certificate, spare_key);
	certificate_pin(spare_certificate, spare);
	trust_again(world, NULL, NULL); /* the system's */
	ask_for_otp(world);
	app_assert_failed(&world->app, 2202, "Network problem : No internet", "network.tls");
	trust_again(world, world->other_ca, NULL);
	ask_for_otp(world);
	app_assert_failed(&world->app, 2202, "Network problem : No internet", "network.tls");
	trust_again(world, world->ca, spare);
	ask_for_otp(world);
	app_assert_failed(&world->app, 2208, "Certificat pinning failed", "network.pin");
	trust_again(world, world->ca, pin);
	ask_for_otp(world);
	app_assert_succeeded(&world->app);
	(void)snprintf(both, sizeof both, "%s;%s", spare, pin);
	trust_again(world, world->ca, both);
	ask_for_otp(world);
	app_assert_succeeded(&world->app);
}

/* --- SIGHUP ------------------------------------------------------------------------------------------------------------------------- */

static void pause_a_moment(void)
{
	const struct timespec moment = {.tv_nsec = 1000000};

	nanosleep(&moment, NULL);
}

static void wait_for_serial(const struct world *world, long serial)
{
	struct tls_client client;
	long seen = 0;

	for (int tries = 0; seen != serial && tries < TRIES; tries++) {
		if (tls_client_open(&client, world->port, world->ca, 0)) {
			seen = client.serial;
			tls_client_close(&client);
		}
		pause_a_moment();
	}
	assert_int_equal(seen, serial);
}

static void renew(const struct world *world, long serial)
{
	certificate_make(&world->authority, &(struct wanted){.serial = serial}, world->certificate, world->key);
	assert_int_equal(kill(world->sandbox.pid, SIGHUP), 0);
	wait_for_serial(world, serial);
}

static bool log_has(const struct world *world, const char *text)
{
	static char log[1 << 20];
	FILE *stream = fopen(world->sandbox.log, "r");

	assert_non_null(stream);
	log[fread(log, 1, sizeof log - 1, stream)] = 0;
	fclose(stream);
	return strstr(log, text);
}

static void wait_for_log(const struct world *world, const char *text)
{
	for (int tries = 0; !log_has(world, text) && tries < TRIES; tries++)
		pause_a_moment();
	assert_true(log_has(world, text));
}

static void the_certificate_is_exchanged_while_an_application_works(void **state)
{
	struct world *world = *state;
	char old_pin[PIN_SIZE], new_pin[PIN_SIZE];

	sign_in_and_enrol(world);
	certificate_pin(world->certificate, old_pin);
	renew(world, 2);
	certificate_pin(world->certificate, new_pin);
	ask_for_otp(world); /* on the connection that it has */
	app_assert_succeeded(&world->app);
	trust_again(world, world->ca, old_pin);
	ask_for_otp(world);
	app_assert_failed(&world->app, 2208, "Certificat pinning failed", "network.pin");
	trust_again(world, world->ca, new_pin);
	ask_for_otp(world);
	app_assert_succeeded(&world->app);
}

static void a_broken_file_is_told_and_changes_nothing(void **state)
{
	struct world *world = *state;
	struct tls_client client;
	FILE *stream;
	char answer[8192];

	assert_true(tls_client_open(&client, world->port, world->ca, 0));
	stream = fopen(world->key, "w");
	assert_non_null(stream);
	fputs("half a key", stream);
	fclose(stream);
	assert_int_equal(kill(world->sandbox.pid, SIGHUP), 0);
	wait_for_log(world, "the old certificate and key stay in use");
	assert_true(log_has(world, "/key.pem: is no private key"));
	assert_false(log_has(world, "half a key"));
	assert_int_equal(tls_client_ask(&client, WELL_KNOWN, answer, sizeof answer), 200);
	tls_client_close(&client);
	wait_for_serial(world, 1);
	renew(world, 3);
}

struct load {
	const struct world *world;
	pthread_t thread;
	atomic_bool *stop;
	bool keep_alive;
	atomic_int asked, lost;
};

static void *ask_on(void *data)
{
	struct load *load = data;
	struct tls_client client = {.fd = -1};
	char answer[8192];

	while (!atomic_load(load->stop)) {
		if (!client.ssl && !tls_client_open(&client, load->world->port, load->world->ca, 0)) {
			atomic_fetch_add(&load->lost, 1);
			continue;
		}
		if (tls_client_ask(&client, WELL_KNOWN, answer, sizeof answer) != 200) {
			atomic_fetch_add(&load->lost, 1);
			tls_client_close(&client);
		}
		atomic_fetch_add(&load->asked, 1);
		if (!load->keep_alive)
			tls_client_close(&client);
	}
	tls_client_close(&client);
	return NULL;
}

static void sighup_under_load_loses_no_request(void **state)
{
	enum { LOADS = 4, RENEWALS = 12 };
	struct world *world = *state;
	struct load loads[LOADS] = {0};
	atomic_bool stop = false;

	for (size_t i = 0; i < LOADS; i++) {
		loads[i].world = world;
		loads[i].stop = &stop;
		loads[i].keep_alive = i % 2;
		assert_int_equal(pthread_create(&loads[i].thread, NULL, ask_on, &loads[i]), 0);
	}
	for (long i = 0; i < RENEWALS; i++) {
		int before = atomic_load(&loads[1].asked);

		renew(world, 100 + i);
		for (int tries = 0; atomic_load(&loads[1].asked) == before && tries < TRIES; tries++)
			pause_a_moment();
	}
	atomic_store(&stop, true);
	for (size_t i = 0; i < LOADS; i++) {
		pthread_join(loads[i].thread, NULL);
		assert_int_equal(atomic_load(&loads[i].lost), 0);
		assert_true(atomic_load(&loads[i].asked) > 0);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_the_right_authority_and_key_will_do),
		TEST(the_certificate_is_exchanged_while_an_application_works),
		TEST(a_broken_file_is_told_and_changes_nothing),
		TEST(sighup_under_load_loses_no_request),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

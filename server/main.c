/* SPDX-License-Identifier: Apache-2.0 */
#include "server/admin.h"
#include "server/arguments.h"
#include "server/data_dir.h"
#include "server/log.h"
#include "server/sandbox_seed.h"
#include "server/sms/number.h"
#include "server/server.h"

#include <pims/version.h>

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Keys and PINs pass through this process: no core, no debugger of the same user, and files for us alone. */
static void protect(void)
{
	const struct rlimit none = {0, 0};
	struct rlimit files;

	umask(077);
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGPIPE, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	mallopt(M_ARENA_MAX, 2); /* one a thread would multiply resident memory */
}

/* Blocked before any thread starts, so that only wait_signal() gets them. */
static void block_signals(sigset_t *ret_signals)
{
	sigemptyset(ret_signals);
	sigaddset(ret_signals, SIGTERM);
	sigaddset(ret_signals, SIGINT);
	sigaddset(ret_signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, ret_signals, NULL);
}

/* A terminal that is gone ends a sandbox; a server that has a certificate, or was started to stay, reads it again. */
static bool ends(struct server *server, int number)
{
	if (number != SIGHUP || (server->settings.sandbox && !server_has_tls(server)))
		return true;
	server_reload(server);
	return false;
}

/* Once it ends, a second signal ends the process at once. */
static void wait_signal(struct server *server, const sigset_t *signals)
{
	int number;

	while (sigwait(signals, &number) || !ends(server, number))
		;
	pthread_sigmask(SIG_UNBLOCK, signals, NULL);
}

static void print_sandbox(const struct server *server)
{
	char number[PHONE_SIZE];
	struct account account;

	if (!server->external)
		printf("account   %s\npassword  %s\n", SANDBOX_EMAIL, SANDBOX_PASSWORD);
	else
		printf("sign-in   %s\n", server->settings.external.issuer);
	if (!server->external && store_account_by_email(server->store, SANDBOX_EMAIL, &account) == 0) {
		printf("phone     %s\n", account.phone ? account_show_number(server, &account, account.phone, number) : "none");
		account_free(&account);
	}
	printf("macid     %s\nclient    pims (public)\nclient    %s, secret %s\n", server->settings.macid, SANDBOX_CLIENT, SANDBOX_SECRET);
	printf("sms       %s/sandbox/sms\npage      %s/sandbox/\n", server->settings.issuer, server->settings.issuer);
}

static void print_ready(const struct server *server, const struct arguments *arguments)
{
	const char *scheme = server_has_tls(server) ? "https" : "http";
	bool v6 = strchr(arguments->address, ':');

	printf(v6 ? "listening on %s://[%s]:%u\n" : "listening on %s://%s:%u\n", scheme, arguments->address, server_port(server));
	if (arguments->sandbox)
		print_sandbox(server);
	fflush(stdout);
}

/* The sandbox goes on printing SMS: a pipe that nobody reads loses lines rather than holding requests. */
static void never_wait_for_output(void)
{
	struct stat status;

	if (fstat(STDOUT_FILENO, &status) == 0 && S_ISFIFO(status.st_mode))
		fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK);
}

static int serve(const struct arguments *arguments)
{
	struct server_options options;
	struct server *server;
	sigset_t signals;
	struct env env;

	block_signals(&signals);
	log_env(&env, arguments->level);
	arguments_options(arguments, &env, &options);
	if (server_start(&server, &options) < 0)
		return EXIT_FAILURE;
	print_ready(server, arguments);
	never_wait_for_output();
	wait_signal(server, &signals);
	server_stop(server);
	return EXIT_SUCCESS;
}

static int serve_temporary(struct arguments *arguments)
{
	struct env env;
	int status;

	log_env(&env, arguments->level);
	if (data_dir_temporary(&arguments->data_dir, &env) < 0)
		return EXIT_FAILURE;
	status = serve(arguments);
	data_dir_remove(arguments->data_dir);
	free(arguments->data_dir);
	return status;
}

int main(int argc, char **argv)
{
	struct arguments arguments;

	protect();
	if (argc > 1 && admin_command(argv[1]))
		return admin_main(argc - 1, argv + 1);
	if (arguments_parse(argc, argv, &arguments) < 0) {
		fputs("Try pimsd --help.\n", stderr);
		return EXIT_USAGE;
	}
	if (arguments.help) {
		arguments_help();
		return EXIT_SUCCESS;
	}
	if (arguments.version) {
		puts("pimsd " PIMS_VERSION);
		return EXIT_SUCCESS;
	}
	return arguments.data_dir ? serve(&arguments) : serve_temporary(&arguments);
}

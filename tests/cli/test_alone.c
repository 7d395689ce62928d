/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program as it is, with the configuration of a brand's live service and a system call filter that ends it as soon as it makes an internet socket: nothing of what
 * needs no answer of the service contacts it. And its environment, as the kernel shows it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SECRET "the-secret-of-the-environment"

enum { WAIT_MS = 30000, TEXT = 16384 };

static char home[64];

static int begin(void **state)
{
	(void)state;
	snprintf(home, sizeof home, "/tmp/pims-alone-XXXXXX");
	if (!mkdtemp(home))
		return -1;
	setenv("XDG_STATE_HOME", home, 1);
	unsetenv("DISPLAY");
	unsetenv("WAYLAND_DISPLAY");
	unsetenv("BROWSER");
	return 0;
}

static int end(void **state)
{
	char *words[] = {(char *)(uintptr_t) "rm", (char *)(uintptr_t) "-rf", home, NULL};
	pid_t pid = fork();
	int status;

	(void)state;
	unsetenv("PIMS_CLIENT_SECRET");
	if (pid == 0) {
		execvp("rm", words);
		_exit(1);
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

/* socket(AF_INET or AF_INET6) ends the process with SIGSYS. The low half of the first argument is enough: the kernel takes an int. */
static bool forbid_internet(void)
{
	enum { LOW = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 4 : 0 };
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_socket, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + LOW),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog filter = {.len = sizeof program / sizeof *program, .filter = program};

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

/* Starts pims; `output` is the reading end of its standard output. */
static pid_t start(char *const *words, bool alone, int *output)
{
	int ends[2], nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t pid;

	assert_true(nothing >= 0);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(nothing, 0);
		dup2(ends[1], 1);
		dup2(nothing, 2);
		if (alone && !forbid_internet())
			_exit(125);
		execv(PIMS_BIN, words);
		_exit(126);
	}
	close(nothing);
	close(ends[1]);
	*output = ends[0];
	return pid;
}

static void read_some(int fd, char *text, bool to_the_end)
{
	size_t length = 0;
	ssize_t got = 1;

	while (got > 0 && length + 1 < TEXT) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};

		assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
		got = read(fd, text + length, TEXT - 1 - length);
		length += got > 0 ? (size_t)got : 0;
		if (!to_the_end && memchr(text, '\n', length))
			break;
	}
	text[length] = '\0';
}

static int end_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Returns the exit status of pims without internet; the words end with NULL. */
__attribute__((sentinel)) static int run_alone(const char *word, ...)
{
	static char text[TEXT];
	char *words[24] = {(char *)(uintptr_t) "pims"};
	int count = 1, output, status;
	va_list list;
	pid_t pid;

	va_start(list, word);
	for (; word; word = va_arg(list, const char *))
		words[count++] = (char *)(uintptr_t)word;
	va_end(list);
	pid = start(words, true, &output);
	read_some(output, text, true);
	close(output);
	status = end_of(pid);
	if (status == 125)
		fail_msg("no system call filter here: %s", strerror(errno));
	return status;
}

static void the_filter_sees_what_is_sent(void **state)
{
	(void)state;
	assert_int_equal(run_alone("init", "--backend", "http://127.0.0.1:1", "--profile", "sees", NULL), 128 + SIGSYS);
}

static void a_brands_profile_contacts_nobody_by_itself(void **state)
{
	static const char *const brands[] = {"Peugeot", "Citroen", "Ds", "Opel", "Vauxhall"};
	static const char *const words[] = {"whoami", "token", "phone", "otp", "devices", "logout", "status", "apis", "help"};

	(void)state;
	for (size_t i = 0; i < sizeof brands / sizeof *brands; i++) {
		assert_int_equal(run_alone("--profile", brands[i], "init", "--brand", brands[i], "--country", "FR", "--client-id", "me", "--macid",
					   "0123456789abcdef0123456789abcdef", "--inwebo-url", "https://inwebo.example.org", "--api-url",
					   "https://api.example.org", NULL),
				 0);
		for (size_t j = 0; j < sizeof words / sizeof *words; j++)
			assert_in_range(run_alone(words[j], "--profile", brands[i], NULL), 0, 3);
		assert_int_equal(run_alone("--profile", brands[i], "get", "pims.sdk.version", NULL), 0);
		assert_int_equal(run_alone("--profile", brands[i], "sms", "enrollment", NULL), 1);
		/* the page's address is made here; the browser is the person's */
		assert_int_equal(run_alone("--profile", brands[i], "login", "--no-browser", "--wait", "1", NULL), 1);
	}
}

/* What /proc/PID/environ shows; only root may look at a process that is not dumpable. */
static void the_secret_of_the_environment_is_gone_while_it_runs(void **state)
{
	static char text[TEXT], path[64];
	char *words[] = {(char *)(uintptr_t) "pims", (char *)(uintptr_t) "login", (char *)(uintptr_t) "--no-browser", NULL};
	FILE *file;
	size_t length;
	int output;
	pid_t pid;

	(void)state;
	assert_int_equal(run_alone("init", "--brand", "Opel", "--country", "DE", "--client-id", "me", NULL), 0);
	setenv("PIMS_CLIENT_SECRET", SECRET, 1);
	pid = start(words, true, &output);
	read_some(output, text, false);
	assert_non_null(strstr(text, "https://idpcvs.opel.com/am/oauth2/authorize?"));
	snprintf(path, sizeof path, "/proc/%d/environ", (int)pid);
	file = fopen(path, "r");
	if (file) {
		length = fread(text, 1, sizeof text, file);
		fclose(file);
		assert_non_null(memmem(text, length, "XDG_STATE_HOME", strlen("XDG_STATE_HOME")));
		assert_null(memmem(text, length, SECRET, strlen(SECRET)));
	} else {
		assert_int_equal(errno, EACCES);
	}
	kill(pid, SIGTERM);
	close(output);
	assert_int_equal(end_of(pid), 128 + SIGTERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_filter_sees_what_is_sent),
		cmocka_unit_test(a_brands_profile_contacts_nobody_by_itself),
		cmocka_unit_test(the_secret_of_the_environment_is_gone_while_it_runs),
	};

	return cmocka_run_group_tests(tests, begin, end);
}

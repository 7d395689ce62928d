/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/run.h"

#include <sys/resource.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

/* PINs and tokens pass through here: no core file, no debugger of the same user. Best effort, so what fails is no reason to stop. */
static void keep_memory_private(void)
{
	const struct rlimit none = {0, 0};

	(void)setrlimit(RLIMIT_CORE, &none);
#if defined(__linux__) && !defined(SANITIZED) /* the leak check needs ptrace */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

int main(int argc, char **argv)
{
	keep_memory_private();
	return cli_main(argc, argv);
}

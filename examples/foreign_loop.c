/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libpims in a program that has an event loop of its own. Here that is poll() over standard input; with another loop (GLib, libuv, libevent,
 * Qt) the adapter is the same three lines: watch pims_loop_fd() for reading, call pims_loop_process() when it is readable, never wait.
 *
 *   foreign_loop BACKEND       each line on standard input asks the backend for its configuration once more; the end of input ends the program
 */
#include <pims/pims.h>

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

enum { MAX_WATCHES = 8 };

/* --- somebody else's loop -------------------------------------------------------------------------------------------------------------- */
struct their_loop {
	struct pollfd descriptors[MAX_WATCHES];
	void (*ready[MAX_WATCHES])(void *data);
	void *data[MAX_WATCHES];
	nfds_t count;
	int running;
};

static int their_watch(struct their_loop *loop, int descriptor, void (*ready)(void *data), void *data)
{
	if (loop->count == MAX_WATCHES)
		return -1;
	loop->descriptors[loop->count] = (struct pollfd){.fd = descriptor, .events = POLLIN};
	loop->ready[loop->count] = ready;
	loop->data[loop->count] = data;
	loop->count++;
	return 0;
}

static void their_run(struct their_loop *loop)
{
	loop->running = 1;
	while (loop->running && poll(loop->descriptors, loop->count, -1) > 0)
		for (nfds_t i = 0; i < loop->count; i++)
			if (loop->descriptors[i].revents)
				loop->ready[i](loop->data[i]);
}

/* --- the adapter ----------------------------------------------------------------------------------------------------------------------- */
static void pims_ready(void *data)
{
	int r = pims_loop_process(data);

	if (r < 0)
		fprintf(stderr, "loop: %s\n", pims_strerror(r));
}

static int adapt(struct their_loop *theirs, struct pims_loop *ours)
{
	return their_watch(theirs, pims_loop_fd(ours), pims_ready, ours);
}

/* --- the program ----------------------------------------------------------------------------------------------------------------------- */
struct program {
	struct their_loop loop;
	struct pims *pims;
	const char *backend;
};

static void show(void *data, const struct pims_message *message)
{
	(void)data;
	puts(pims_message_json(message));
	fflush(stdout);
}

static void line_ready(void *data)
{
	struct program *program = data;
	char bytes[256];
	int r;

	if (read(STDIN_FILENO, bytes, sizeof bytes) <= 0) {
		program->loop.running = 0;
		return;
	}
	r = pims_discover(program->pims, program->backend, show, NULL, NULL);
	if (r < 0)
		fprintf(stderr, "not accepted: %s\n", pims_strerror(r));
}

int main(int argc, char **argv)
{
	struct program program = {.backend = argc == 2 ? argv[1] : NULL};
	struct pims_loop *loop = NULL;
	int r = 1;

	if (!program.backend) {
		fprintf(stderr, "usage: %s BACKEND\n", argv[0]);
		return 2;
	}
	if (pims_loop_new(&loop, NULL) < 0 || pims_new(&program.pims, loop, NULL) < 0)
		goto out;
	if (adapt(&program.loop, loop) < 0 || their_watch(&program.loop, STDIN_FILENO, line_ready, &program) < 0)
		goto out;
	their_run(&program.loop);
	r = 0;
out:
	pims_loop_free(loop); /* pending calls get their callback here; frees the context too */
	return r;
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/loop.h"
#include "support/fake_env.h"

#include <pims/error.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define OWNER(pointer, type, member) ((type *)(void *)((char *)(pointer) - offsetof(type, member)))

struct fixture {
	struct fake_env fake;
	struct pims_loop *loop;
};

static int set_up(void **state)
{
	struct fixture *fixture = calloc(1, sizeof *fixture);
	struct pims_loop_options options = {.size = sizeof options};

	assert_non_null(fixture);
	fake_env_init(&fixture->fake);
	options.clock = &fixture->fake.clock;
	assert_int_equal(pims_loop_new(&fixture->loop, &options), 0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	pims_loop_free(fixture->loop);
	fake_env_free(&fixture->fake);
	free(fixture);
	return 0;
}

static bool readable(struct pims_loop *loop, int timeout_ms)
{
	struct pollfd polled = {.fd = pims_loop_fd(loop), .events = POLLIN};

	return poll(&polled, 1, timeout_ms) == 1;
}

/* --- arguments --- */

static void null_is_refused_everywhere(void **state)
{
	struct pims_loop_options small = {.size = 1};
	struct pims_loop *loop = NULL;

	(void)state;
	assert_int_equal(pims_loop_new(NULL, NULL), PIMS_E_INVALID);
	assert_int_equal(pims_loop_new(&loop, &small), PIMS_E_INVALID);
	assert_null(loop);
	assert_int_equal(pims_loop_fd(NULL), PIMS_E_INVALID);
	assert_int_equal(pims_loop_process(NULL), PIMS_E_INVALID);
	assert_int_equal(pims_loop_wakeup(NULL), PIMS_E_INVALID);
	assert_int_equal(pims_run(NULL, 0), PIMS_E_INVALID);
	pims_loop_free(NULL);
}

static void without_descriptors_to_be_had_there_is_no_loop(void **state)
{
	struct pims_loop *loop = NULL;
	struct rlimit before, few;
	int taken[64], count = 0;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 64;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	while (count < 64 && (taken[count] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
		count++;
	assert_in_range(count, 4, 63);
	/* each of the three descriptors of a loop in turn is the one that fails */
	for (int give = 0; give < 3; give++) {
		assert_int_equal(pims_loop_new(&loop, NULL), PIMS_E_SYSTEM);
		assert_null(loop);
		close(taken[--count]);
	}
	assert_int_equal(pims_loop_new(&loop, NULL), 0);
	pims_loop_free(loop);
	while (count > 0)
		close(taken[--count]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
}

static void options_of_an_older_program_are_taken_by_their_size(void **state)
{
	struct pims_loop_options options = {.size = offsetof(struct pims_loop_options, clock)};
	struct pims_clock never = {0};
	struct pims_loop *loop;

	(void)state;
	options.clock = &never;
	assert_int_equal(pims_loop_new(&loop, &options), 0);
	assert_true(loop_monotonic(loop) > 0);
	pims_loop_free(loop);
}

/* --- tasks --- */

struct counter {
	struct loop_task task;
	struct pims_loop *loop;
	int runs;
	int again;       /* posts itself so often */
	int process;     /* what pims_loop_process() said in the task */
	int run;
	struct loop_task *unpost;
	char *order;     /* gets `name` */
	char name;
};

static void count_run(struct loop_task *task)
{
	struct counter *counter = OWNER(task, struct counter, task);

	counter->runs++;
	if (counter->order)
		counter->order[strlen(counter->order)] = counter->name;
	if (counter->unpost)
		loop_unpost(counter->loop, counter->unpost);
	if (counter->again-- > 0)
		loop_post(counter->loop, task);
}

static void a_task_runs_once_however_often_it_was_posted(void **state)
{
	struct fixture *fixture = *state;
	struct counter counter = {.task = {.run = count_run}, .loop = fixture->loop};

	assert_false(readable(fixture->loop, 0));
	loop_post(fixture->loop, &counter.task);
	loop_post(fixture->loop, &counter.task);
	assert_int_equal(counter.runs, 0);
	assert_true(readable(fixture->loop, 0));
	assert_int_equal(pims_loop_process(fixture->loop), 0);
	assert_int_equal(counter.runs, 1);
	assert_false(readable(fixture->loop, 0));
	assert_int_equal(pims_loop_process(fixture->loop), 0);
	assert_int_equal(counter.runs, 1);
}

static void tasks_run_in_order_and_can_be_taken_back_even_while_tasks_run(void **state)
{
	struct fixture *fixture = *state;
	char order[16] = "";
	struct counter tasks[4];

	for (int i = 0; i < 4; i++) {
		tasks[i] = (struct counter){.task = {.run = count_run}, .loop = fixture->loop, .order = order, .name = (char)('a' + i)};
		loop_post(fixture->loop, &tasks[i].task);
	}
	tasks[1].unpost = &tasks[2].task;
	loop_unpost(fixture->loop, &tasks[0].task);
	loop_unpost(fixture->loop, &tasks[0].task);
	assert_int_equal(pims_loop_process(fixture->loop), 0);
	assert_string_equal(order, "bd");
}

static void a_task_that_posts_itself_forever_does_not_starve_the_program(void **state)
{
	struct fixture *fixture = *state;
	struct counter forever = {.task = {.run = count_run}, .loop = fixture->loop, .again = 1000000};

	loop_post(fixture->loop, &forever.task);
	assert_int_equal(pims_loop_process(fixture->loop), 0);
	assert_int_equal(forever.runs, 1000);
	assert_true(readable(fixture->loop, 0));
	loop_unpost(fixture->loop, &forever.task);
}

static void run_inside(struct loop_task *task)
{
	struct counter *counter = OWNER(task, struct counter, task);

	counter->runs++;
	counter->process = pims_loop_process(counter->loop);
	counter->run = pims_run(counter->loop, 0);
}

static void running_the_loop_inside_a_callback_is_refused(void **state)
{
	struct fixture *fixture = *state;
	struct counter counter = {.task = {.run = run_inside}, .loop = fixture->loop};

	loop_post(fixture->loop, &counter.task);
	assert_int_equal(pims_run(fixture->loop, 0), 0);
	assert_int_equal(counter.runs, 1);
	assert_int_equal(counter.process, PIMS_E_STATE);
	assert_int_equal(counter.run, PIMS_E_STATE);
	assert_int_equal(pims_loop_process(fixture->loop), 0);
}

/* --- timers --- */

struct alarm {
	struct loop_timer timer;
	struct fixture *fixture;
	int fired;
	int64_t at;
	struct loop_timer *clear;
	bool again; /* sets itself to the past */
};

static void ring(struct loop_timer *timer)
{
	struct alarm *alarm = OWNER(timer, struct alarm, timer);

	alarm->fired++;
	alarm->at = alarm->fixture->fake.monotonic;
	if (alarm->clear)
		loop_timer_clear(alarm->fixture->loop, alarm->clear);
	if (alarm->again)
		assert_int_equal(loop_timer_set(alarm->fixture->loop, timer, 0), 0);
}

static void a_timer_fires_once_at_its_deadline_and_not_before(void **state)
{
	struct fixture *fixture = *state;
	struct alarm alarm = {.timer = {.fire = ring}, .fixture = fixture};
	int64_t start = fixture->fake.monotonic;

	assert_int_equal(loop_timer_set(fixture->loop, &alarm.timer, start + 100), 0);
	fake_env_advance(&fixture->fake, 99);
	assert_int_equal(pims_loop_process(fixture->loop), 0);
	assert_int_equal(alarm.fired, 0);
	fake_env_advance(&fixture->fake, 1);
	assert_int_equal(pims_loop_process(fixture->loop), 0);
	assert_int_equal(pims_loop_process(fixture->loop), 0);
	assert_int_equal(alarm.fired, 1);
}

static void a_moved_timer_fires_at_the_new_deadline_only(void **state)
{
	struct fixture *fixture = *state;
	struct alarm alarm = {.timer = {.fire = ring}, .fixture = fixture};
	int64_t start = fixture->fake.monotonic;

	assert_int_equal(loop_timer_set(fixture->loop, &alarm.timer, start + 10), 0);
	assert_int_equal(loop_timer_set(fixture->loop, &alarm.timer, start + 50), 0);
	fake_env_advance(&fixture->fake, 20);
	pims_loop_process(fixture->loop);
	assert_int_equal(alarm.fired, 0);
	assert_int_equal(loop_timer_set(fixture->loop, &alarm.timer, start + 20), 0);
	pims_loop_process(fixture->loop);
	assert_int_equal(alarm.fired, 1);
}

static void a_timer_cleared_by_another_that_fires_does_not_fire(void **state)
{
	struct fixture *fixture = *state;
	struct alarm second = {.timer = {.fire = ring}, .fixture = fixture};
	struct alarm first = {.timer = {.fire = ring}, .fixture = fixture, .clear = &second.timer};

	assert_int_equal(loop_timer_set(fixture->loop, &first.timer, 1), 0);
	assert_int_equal(loop_timer_set(fixture->loop, &second.timer, 2), 0);
	pims_loop_process(fixture->loop);
	assert_int_equal(first.fired, 1);
	assert_int_equal(second.fired, 0);
}

static void a_timer_set_to_the_past_again_and_again_lets_the_loop_go_on(void **state)
{
	struct fixture *fixture = *state;
	struct alarm alarm = {.timer = {.fire = ring}, .fixture = fixture, .again = true};

	assert_int_equal(loop_timer_set(fixture->loop, &alarm.timer, 0), 0);
	pims_loop_process(fixture->loop);
	assert_int_equal(alarm.fired, 1);
	assert_true(readable(fixture->loop, 1000));
	pims_loop_process(fixture->loop);
	assert_int_equal(alarm.fired, 2);
	loop_timer_clear(fixture->loop, &alarm.timer);
}

enum { MANY = 10000 };

static void thousands_of_timers_fire_in_order_less_those_that_were_cleared(void **state)
{
	struct fixture *fixture = *state;
	struct alarm *alarms = calloc(MANY, sizeof *alarms);
	int64_t start = fixture->fake.monotonic;

	assert_non_null(alarms);
	srand(7);
	for (int i = 0; i < MANY; i++) {
		alarms[i] = (struct alarm){.timer = {.fire = ring}, .fixture = fixture};
		assert_int_equal(loop_timer_set(fixture->loop, &alarms[i].timer, start + rand() % 5000), 0);
	}
	for (int i = 0; i < MANY; i += 3)
		loop_timer_clear(fixture->loop, &alarms[i].timer);
	for (int i = 1; i < MANY; i += 3)
		assert_int_equal(loop_timer_set(fixture->loop, &alarms[i].timer, start + rand() % 5000), 0);
	for (int tick = 0; tick < 500; tick++) {
		fake_env_advance(&fixture->fake, 10);
		pims_loop_process(fixture->loop);
	}
	for (int i = 0; i < MANY; i++) {
		int64_t late = alarms[i].at - alarms[i].timer.deadline;

		assert_int_equal(alarms[i].fired, i % 3 == 0 ? 0 : 1);
		assert_true(i % 3 == 0 || (late >= 0 && late <= 10));
	}
	free(alarms);
}

static void the_descriptor_becomes_readable_when_a_timer_is_due(void **state)
{
	struct fixture fixture = {0};
	struct alarm alarm = {.timer = {.fire = ring}, .fixture = &fixture};

	(void)state;
	assert_int_equal(pims_loop_new(&fixture.loop, NULL), 0);
	assert_int_equal(loop_timer_set(fixture.loop, &alarm.timer, loop_monotonic(fixture.loop) + 20), 0);
	assert_false(readable(fixture.loop, 0));
	while (!alarm.fired) {
		assert_true(readable(fixture.loop, 5000));
		assert_int_equal(pims_loop_process(fixture.loop), 0);
	}
	/* an earlier deadline set later still counts */
	assert_int_equal(loop_timer_set(fixture.loop, &alarm.timer, loop_monotonic(fixture.loop) + 60000), 0);
	assert_int_equal(loop_timer_set(fixture.loop, &alarm.timer, loop_monotonic(fixture.loop) + 20), 0);
	while (alarm.fired < 2) {
		assert_true(readable(fixture.loop, 5000));
		assert_int_equal(pims_loop_process(fixture.loop), 0);
	}
	pims_loop_free(fixture.loop);
}

/* --- descriptors --- */

struct pipe_watch {
	struct loop_watch watch;
	struct pims_loop *loop;
	int calls;
	unsigned events;
	struct pipe_watch *unwatch;
	bool keep;
};

static void pipe_ready(struct loop_watch *watch, unsigned events)
{
	struct pipe_watch *pipe = OWNER(watch, struct pipe_watch, watch);
	char byte;

	pipe->calls++;
	pipe->events = events;
	if (pipe->unwatch)
		loop_unwatch(pipe->loop, &pipe->unwatch->watch);
	if (!pipe->keep && (events & LOOP_READ))
		assert_true(read(watch->fd, &byte, 1) >= 0);
}

static void a_watch_taken_away_in_the_same_turn_is_not_called(void **state)
{
	struct fixture *fixture = *state;
	struct pipe_watch watches[2];
	int fds[2][2];

	for (int i = 0; i < 2; i++) {
		assert_int_equal(pipe2(fds[i], O_CLOEXEC), 0);
		watches[i] = (struct pipe_watch){.watch = {.fd = fds[i][0], .events = LOOP_READ, .ready = pipe_ready}, .loop = fixture->loop};
		watches[i].unwatch = &watches[1 - i];
		assert_int_equal(loop_watch(fixture->loop, &watches[i].watch), 0);
		assert_int_equal(write(fds[i][1], "x", 1), 1);
	}
	watches[0].unwatch = &watches[1];
	watches[1].unwatch = &watches[0];
	assert_true(readable(fixture->loop, 1000));
	pims_loop_process(fixture->loop);
	assert_int_equal(watches[0].calls + watches[1].calls, 1);
	for (int i = 0; i < 2; i++) {
		watches[i].unwatch = NULL;
		loop_unwatch(fixture->loop, &watches[i].watch);
		close(fds[i][0]);
		close(fds[i][1]);
	}
}

static void a_watch_reports_what_it_asked_for_and_the_end(void **state)
{
	struct fixture *fixture = *state;
	struct pipe_watch in, out;
	int fds[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	in = (struct pipe_watch){.watch = {.fd = fds[0], .events = LOOP_READ, .ready = pipe_ready}, .loop = fixture->loop};
	out = (struct pipe_watch){.watch = {.fd = fds[1], .events = LOOP_WRITE, .ready = pipe_ready}, .loop = fixture->loop};
	assert_int_equal(loop_watch(fixture->loop, &in.watch), 0);
	assert_int_equal(loop_watch(fixture->loop, &out.watch), 0);
	pims_loop_process(fixture->loop);
	assert_int_equal(out.events, LOOP_WRITE);
	assert_int_equal(in.calls, 0);
	/* change: nothing to write any more */
	out.watch.events = 0;
	assert_int_equal(loop_watch(fixture->loop, &out.watch), 0);
	pims_loop_process(fixture->loop);
	assert_int_equal(out.calls, 1);
	loop_unwatch(fixture->loop, &out.watch);
	close(fds[1]);
	pims_loop_process(fixture->loop);
	assert_int_equal(in.events, LOOP_READ);
	loop_unwatch(fixture->loop, &in.watch);
	loop_unwatch(fixture->loop, &in.watch);
	close(fds[0]);
}

static void a_descriptor_that_was_closed_and_opened_again_can_be_watched(void **state)
{
	struct fixture *fixture = *state;
	struct pipe_watch watch;
	int fds[2], again[2];

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	watch = (struct pipe_watch){.watch = {.fd = fds[0], .events = LOOP_READ, .ready = pipe_ready}, .loop = fixture->loop};
	assert_int_equal(loop_watch(fixture->loop, &watch.watch), 0);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(pipe2(again, O_CLOEXEC), 0);
	assert_int_equal(again[0], fds[0]);
	assert_int_equal(loop_watch(fixture->loop, &watch.watch), 0);
	assert_int_equal(write(again[1], "x", 1), 1);
	pims_loop_process(fixture->loop);
	assert_int_equal(watch.calls, 1);
	loop_unwatch(fixture->loop, &watch.watch);
	close(again[0]);
	close(again[1]);
	watch.watch.fd = -1;
	assert_int_equal(loop_watch(fixture->loop, &watch.watch), PIMS_E_SYSTEM);
}

/* --- run, wakeup, threads --- */

static void run_returns_what_is_still_pending_after_its_time(void **state)
{
	struct fixture *fixture = *state;

	loop_count_pending(fixture->loop, 3);
	assert_int_equal(pims_run(fixture->loop, 0), 3);
	/* the injected clock stands still, the wait ends all the same */
	assert_int_equal(pims_run(fixture->loop, 10), 3);
	loop_count_pending(fixture->loop, -3);
	assert_int_equal(pims_run(fixture->loop, -1), 0);
}

static void finish_pending(struct loop_timer *timer)
{
	struct alarm *alarm = OWNER(timer, struct alarm, timer);

	alarm->fired++;
	loop_count_callback(alarm->fixture->loop);
	loop_count_pending(alarm->fixture->loop, -1);
}

static void run_ends_when_the_last_call_is_done(void **state)
{
	struct fixture fixture = {0};
	struct alarm alarms[2] = {{.timer = {.fire = finish_pending}, .fixture = &fixture}, {.timer = {.fire = finish_pending}, .fixture = &fixture}};

	(void)state;
	assert_int_equal(pims_loop_new(&fixture.loop, NULL), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(loop_timer_set(fixture.loop, &alarms[i].timer, loop_monotonic(fixture.loop) + 5 * i), 0);
		loop_count_pending(fixture.loop, 1);
	}
	assert_int_equal(pims_run(fixture.loop, -1), 0);
	assert_int_equal(alarms[0].fired + alarms[1].fired, 2);
	pims_loop_free(fixture.loop);
}

static void process_counts_the_callbacks_of_its_turn(void **state)
{
	struct fixture *fixture = *state;
	struct alarm alarms[2] = {{.timer = {.fire = finish_pending}, .fixture = fixture}, {.timer = {.fire = finish_pending}, .fixture = fixture}};

	loop_count_pending(fixture->loop, 2);
	for (int i = 0; i < 2; i++)
		assert_int_equal(loop_timer_set(fixture->loop, &alarms[i].timer, 0), 0);
	assert_int_equal(pims_loop_process(fixture->loop), 2);
	assert_int_equal(pims_loop_process(fixture->loop), 0);
}

static void a_wakeup_before_run_is_not_lost_and_several_merge(void **state)
{
	struct fixture *fixture = *state;

	loop_count_pending(fixture->loop, 1);
	assert_int_equal(pims_loop_wakeup(fixture->loop), 0);
	assert_int_equal(pims_loop_wakeup(fixture->loop), 0);
	assert_true(readable(fixture->loop, 0));
	assert_int_equal(pims_run(fixture->loop, -1), 1);
	assert_false(readable(fixture->loop, 0));
	assert_int_equal(pims_run(fixture->loop, 0), 1);
	loop_count_pending(fixture->loop, -1);
}

struct waker {
	struct pims_loop *loop;
	_Atomic int stop;
	int process, run, check;
};

static void *wake(void *data)
{
	struct waker *waker = data;

	while (!atomic_load(&waker->stop))
		assert_int_equal(pims_loop_wakeup(waker->loop), 0);
	return NULL;
}

static void another_thread_can_wake_the_loop_at_any_time(void **state)
{
	struct fixture *fixture = *state;
	struct waker waker = {.loop = fixture->loop};
	struct counter counter = {.task = {.run = count_run}, .loop = fixture->loop};
	pthread_t threads[2];

	loop_count_pending(fixture->loop, 1);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, wake, &waker), 0);
	for (int i = 0; i < 1000; i++) {
		loop_post(fixture->loop, &counter.task);
		assert_int_equal(pims_run(fixture->loop, -1), 1);
		assert_int_equal(counter.runs, i + 1);
	}
	atomic_store(&waker.stop, 1);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	loop_count_pending(fixture->loop, -1);
}

static void *try_to_run(void *data)
{
	struct waker *waker = data;

	waker->process = pims_loop_process(waker->loop);
	waker->run = pims_run(waker->loop, 0);
	waker->check = loop_check_thread(waker->loop);
	return NULL;
}

static void the_loop_belongs_to_the_thread_that_ran_it_first(void **state)
{
	struct fixture *fixture = *state;
	struct waker waker = {.loop = fixture->loop};
	pthread_t thread;

	assert_int_equal(loop_check_thread(fixture->loop), 0);
	assert_int_equal(pims_loop_process(fixture->loop), 0);
	assert_int_equal(pthread_create(&thread, NULL, try_to_run, &waker), 0);
	pthread_join(thread, NULL);
	assert_int_equal(waker.process, PIMS_E_THREAD);
	assert_int_equal(waker.run, PIMS_E_THREAD);
	assert_int_equal(waker.check, PIMS_E_THREAD);
	assert_int_equal(loop_check_thread(fixture->loop), 0);
}

static void a_loop_made_here_can_be_run_by_another_thread(void **state)
{
	struct waker waker = {0};
	pthread_t thread;

	(void)state;
	assert_int_equal(pims_loop_new(&waker.loop, NULL), 0);
	assert_int_equal(pthread_create(&thread, NULL, try_to_run, &waker), 0);
	pthread_join(thread, NULL);
	assert_int_equal(waker.process, 0);
	assert_int_equal(waker.run, 0);
	assert_int_equal(pims_loop_process(waker.loop), PIMS_E_THREAD);
	/* its thread is gone: whoever is left frees it */
	pims_loop_free(waker.loop);
}

/* --- the end --- */

struct member {
	struct loop_member member;
	struct pims_loop *loop;
	char *order;
	char name;
	struct loop_task task;
	bool closing;
	int process;
};

static void note_last(struct loop_task *task)
{
	struct member *member = OWNER(task, struct member, task);

	member->order[strlen(member->order)] = '!';
}

static void close_noted(struct loop_member *member)
{
	struct member *noted = OWNER(member, struct member, member);

	noted->order[strlen(noted->order)] = noted->name;
	noted->closing = loop_is_closing(noted->loop);
	noted->process = pims_loop_process(noted->loop);
	pims_loop_free(noted->loop);
	noted->task.run = note_last;
	loop_post(noted->loop, &noted->task);
	loop_leave(noted->loop, member);
}

static void free_closes_the_members_the_youngest_first_and_lets_them_finish(void **state)
{
	struct member members[4];
	struct pims_loop *loop;
	char order[16] = "";

	(void)state;
	assert_int_equal(pims_loop_new(&loop, NULL), 0);
	for (int i = 0; i < 4; i++) {
		members[i] = (struct member){.member = {.close = close_noted}, .loop = loop, .order = order, .name = (char)('a' + i)};
		loop_join(loop, &members[i].member);
	}
	loop_leave(loop, &members[1].member);
	pims_loop_free(loop);
	assert_string_equal(order, "d!c!a!");
	assert_true(members[0].closing);
	assert_int_equal(members[0].process, PIMS_E_STATE);
}

static void free_forgets_tasks_and_timers(void **state)
{
	struct fixture fixture = {0};
	struct counter counter = {.task = {.run = count_run}};
	struct alarm alarm = {.timer = {.fire = ring}};

	(void)state;
	assert_int_equal(pims_loop_new(&fixture.loop, NULL), 0);
	loop_post(fixture.loop, &counter.task);
	assert_int_equal(loop_timer_set(fixture.loop, &alarm.timer, 0), 0);
	pims_loop_free(fixture.loop);
	assert_int_equal(counter.runs, 0);
	assert_false(counter.task.posted);
	assert_int_equal(alarm.fired, 0);
	assert_int_equal(alarm.timer.slot, 0);
}

static void free_inside(struct loop_task *task)
{
	struct counter *counter = OWNER(task, struct counter, task);

	counter->runs++;
	pims_loop_free(counter->loop);
	pims_loop_free(counter->loop);
	counter->process = loop_check_thread(counter->loop);
}

static void free_inside_a_callback_waits_until_the_loop_has_returned(void **state)
{
	struct counter counter = {.task = {.run = free_inside}};
	struct counter after = {.task = {.run = count_run}};
	struct member member = {.member = {.close = close_noted}};
	char order[16] = "";

	(void)state;
	assert_int_equal(pims_loop_new(&counter.loop, NULL), 0);
	after.loop = member.loop = counter.loop;
	member.order = order;
	member.name = 'm';
	loop_join(counter.loop, &member.member);
	loop_post(counter.loop, &counter.task);
	loop_post(counter.loop, &after.task);
	loop_count_pending(counter.loop, 1);
	assert_int_equal(pims_run(counter.loop, -1), 0);
	assert_int_equal(counter.runs, 1);
	assert_int_equal(counter.process, 0);
	assert_int_equal(after.runs, 1);
	assert_string_equal(order, "m!");
}

static void a_turn_costs_microseconds_with_ten_thousand_timers_set(void **state)
{
	struct fixture *fixture = *state;
	struct counter counter = {.task = {.run = count_run}, .loop = fixture->loop};
	struct alarm *alarms = calloc(MANY, sizeof *alarms);
	struct timespec start, end;
	double microseconds;

	assert_non_null(alarms);
	for (int i = 0; i < MANY; i++) {
		alarms[i] = (struct alarm){.timer = {.fire = ring}, .fixture = fixture};
		assert_int_equal(loop_timer_set(fixture->loop, &alarms[i].timer, fixture->fake.monotonic + 100000 + i), 0);
	}
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (int i = 0; i < MANY; i++) {
		loop_post(fixture->loop, &counter.task);
		assert_int_equal(loop_timer_set(fixture->loop, &alarms[i].timer, fixture->fake.monotonic + 200000), 0);
		pims_loop_process(fixture->loop);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	microseconds = ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) / 1e3 / MANY;
	print_message("%.1f us a turn\n", microseconds);
	/* far above what it takes, far below what a linear search would */
	assert_true(microseconds < 1000);
	for (int i = 0; i < MANY; i++)
		loop_timer_clear(fixture->loop, &alarms[i].timer);
	free(alarms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(null_is_refused_everywhere),
		cmocka_unit_test(without_descriptors_to_be_had_there_is_no_loop),
		cmocka_unit_test(options_of_an_older_program_are_taken_by_their_size),
		cmocka_unit_test_setup_teardown(a_task_runs_once_however_often_it_was_posted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(tasks_run_in_order_and_can_be_taken_back_even_while_tasks_run, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_task_that_posts_itself_forever_does_not_starve_the_program, set_up, tear_down),
		cmocka_unit_test_setup_teardown(running_the_loop_inside_a_callback_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_timer_fires_once_at_its_deadline_and_not_before, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_moved_timer_fires_at_the_new_deadline_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_timer_cleared_by_another_that_fires_does_not_fire, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_timer_set_to_the_past_again_and_again_lets_the_loop_go_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(thousands_of_timers_fire_in_order_less_those_that_were_cleared, set_up, tear_down),
		cmocka_unit_test(the_descriptor_becomes_readable_when_a_timer_is_due),
		cmocka_unit_test_setup_teardown(a_watch_taken_away_in_the_same_turn_is_not_called, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_watch_reports_what_it_asked_for_and_the_end, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_descriptor_that_was_closed_and_opened_again_can_be_watched, set_up, tear_down),
		cmocka_unit_test_setup_teardown(run_returns_what_is_still_pending_after_its_time, set_up, tear_down),
		cmocka_unit_test(run_ends_when_the_last_call_is_done),
		cmocka_unit_test_setup_teardown(process_counts_the_callbacks_of_its_turn, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_wakeup_before_run_is_not_lost_and_several_merge, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_thread_can_wake_the_loop_at_any_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_loop_belongs_to_the_thread_that_ran_it_first, set_up, tear_down),
		cmocka_unit_test(a_loop_made_here_can_be_run_by_another_thread),
		cmocka_unit_test(free_closes_the_members_the_youngest_first_and_lets_them_finish),
		cmocka_unit_test(free_forgets_tasks_and_timers),
		cmocka_unit_test(free_inside_a_callback_waits_until_the_loop_has_returned),
		cmocka_unit_test_setup_teardown(a_turn_costs_microseconds_with_ten_thousand_timers_set, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

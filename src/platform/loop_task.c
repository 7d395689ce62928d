/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/loop_internal.h"

enum { MAX_ROUNDS = 1000 };

static void link_task(struct pims_loop *loop, struct loop_task *task)
{
	task->next = &loop->tasks;
	task->previous = loop->tasks.previous;
	task->previous->next = task;
	loop->tasks.previous = task;
	task->posted = true;
}

static void unlink_task(struct loop_task *task)
{
	task->previous->next = task->next;
	task->next->previous = task->previous;
	task->next = task->previous = NULL;
	task->posted = false;
}

void loop_wake_self(struct pims_loop *loop)
{
	if (!loop->woken)
		loop->woken = poller_wake(&loop->poller) == 0;
}

void loop_post(struct pims_loop *loop, struct loop_task *task)
{
	if (task->posted)
		return;
	link_task(loop, task);
	if (!loop->running)
		loop_wake_self(loop);
}

void loop_unpost(struct pims_loop *loop, struct loop_task *task)
{
	(void)loop;
	if (task->posted)
		unlink_task(task);
}

bool loop_tasks_waiting(const struct pims_loop *loop)
{
	return loop->tasks.next != &loop->tasks;
}

/* What is posted behind the mark belongs to the next round. */
static void run_round(struct pims_loop *loop)
{
	struct loop_task mark = {0};

	link_task(loop, &mark);
	while (loop->tasks.next != &mark) {
		struct loop_task *task = loop->tasks.next;

		unlink_task(task);
		task->run(task);
	}
	unlink_task(&mark);
}

void loop_tasks_run(struct pims_loop *loop)
{
	for (int round = 0; round < MAX_ROUNDS && loop_tasks_waiting(loop); round++)
		run_round(loop);
}

void loop_tasks_drop(struct pims_loop *loop)
{
	while (loop_tasks_waiting(loop))
		unlink_task(loop->tasks.next);
}

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_FACADE_LIST_H
#define PIMS_FACADE_LIST_H

#include <stdbool.h>
#include <stddef.h>

/** A ring of embedded links with a head; an entry that is all zero stands in no list. */
struct link {
	struct link *previous;
	struct link *next;
};

#define LINK_ENTRY(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

static inline void link_init(struct link *head)
{
	head->previous = head;
	head->next = head;
}

static inline bool link_empty(const struct link *head)
{
	return head->next == head;
}

static inline bool link_listed(const struct link *link)
{
	return link->next != NULL;
}

static inline void link_append(struct link *head, struct link *link)
{
	link->previous = head->previous;
	link->next = head;
	head->previous->next = link;
	head->previous = link;
}

static inline void link_remove(struct link *link)
{
	if (!link->next)
		return;
	link->previous->next = link->next;
	link->next->previous = link->previous;
	link->previous = NULL;
	link->next = NULL;
}

#endif

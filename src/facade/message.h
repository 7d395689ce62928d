/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_FACADE_MESSAGE_H
#define PIMS_FACADE_MESSAGE_H

#include "base/buf.h"
#include "platform/flow.h"

#include <pims/pims.h>

enum { MESSAGE_LABEL_MAX = 192, MESSAGE_MAX = 1024 * 1024 };

/** What is rendered when it is first asked for. */
struct message_text {
	struct buf json;
	char label[MESSAGE_LABEL_MAX];
};

/** The outcome of a call as its callback sees it. It borrows outcome and transaction. */
struct pims_message {
	const struct outcome *outcome;
	const char *transaction;
	struct message_text *text;
};

/** `text` is the message's own memory, uninitialised. */
void message_init(struct pims_message *message, struct message_text *text, const struct outcome *outcome, const char *transaction);
/** Wipes what was rendered. */
void message_clear(struct pims_message *message);

#endif

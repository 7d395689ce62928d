/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PIMS_BASE_BUF_H
#define PIMS_BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>

/**
 * A growing buffer of bytes with a hard maximum. After every successful call data[len] is NUL, so that it reads as a string too; data is NULL
 * only before the first put. A failed put (memory, maximum) leaves the content as it was and is remembered in `error`: a run of puts
 * is checked once, by buf_error(). Old memory is wiped when it moves or is freed, so a buffer may hold secrets.
 */
struct buf {
	char *data;
	size_t len;
	size_t capacity;
	size_t max;
	int error;
};

#define BUF_INIT(maximum) ((struct buf){.max = (maximum)})

void buf_init(struct buf *buf, size_t max);
/** Wipes and frees; the buffer can be used again with the same maximum. NULL allowed. */
void buf_free(struct buf *buf);
/** Empties and wipes the content, keeps memory and maximum, clears the error. */
void buf_reset(struct buf *buf);
int buf_put(struct buf *buf, const void *bytes, size_t length);
int buf_puts(struct buf *buf, const char *text);
int buf_putc(struct buf *buf, char c);
int buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** 0, or the first error (PIMS_E_MEMORY, PIMS_E_LIMIT) since init or reset. */
int buf_error(const struct buf *buf);
/** The content as a string, never NULL. */
const char *buf_text(const struct buf *buf);

#endif

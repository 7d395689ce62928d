/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/agent.h"

#include <qrencode.h>

enum { QUIET = 4 }; /* light modules around the code, ISO/IEC 18004 */

static bool dark(const QRcode *code, int x, int y)
{
	if (x < 0 || y < 0 || x >= code->width || y >= code->width)
		return false;
	return code->data[y * code->width + x] & 1;
}

/* Two rows of modules a line. The light ones are drawn: terminals are dark, and with colours we make sure of it. */
static void print_rows(FILE *file, const QRcode *code, int y)
{
	static const char *const blocks[] = {"█", "▀", "▄", " "};

	for (int x = -QUIET; x < code->width + QUIET; x++)
		fputs(blocks[2 * dark(code, x, y) + dark(code, x, y + 1)], file);
}

int qr_print(FILE *file, const char *text, bool colours)
{
	QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);

	if (!code)
		return PIMS_E_LIMIT;
	for (int y = -QUIET; y < code->width + QUIET; y += 2) {
		fputs(colours ? "\033[40;97m" : "", file);
		print_rows(file, code, y);
		fputs(colours ? "\033[0m\n" : "\n", file);
	}
	QRcode_free(code);
	return 0;
}

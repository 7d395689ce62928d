/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of iwws/MAC: what is accepted is written and read again as the same. */
#include "fuzz/fuzz.h"
#include "inwebo/answer.h"

#include <string.h>

static void answer_again(const struct iw_answer *answer, const char *root)
{
	struct buf xml = BUF_INIT(16 * IW_MAX_ANSWER);
	struct iw_answer again = {0};

	iw_answer_begin(&xml, root);
	for (int i = 0; i < IW_EL_COUNT; i++)
		if (answer->values[i])
			iw_answer_put(&xml, (enum iw_element)i, answer->values[i]);
	FUZZ_CHECK(iw_answer_end(&xml, root) == 0);
	if (iw_answer_read(buf_text(&xml), xml.len, root, &again) == 0) {
		for (int i = 0; i < IW_EL_COUNT; i++)
			FUZZ_CHECK(strcmp(iw_answer_text(answer, (enum iw_element)i), iw_answer_text(&again, (enum iw_element)i)) == 0);
		iw_answer_free(&again);
	} else {
		FUZZ_CHECK(xml.len > IW_MAX_ANSWER);
	}
	buf_free(&xml);
}

static void read_as(const uint8_t *data, size_t size, const char *root)
{
	struct iw_answer answer = {0};
	struct iw_refusal refusal;

	if (iw_answer_read((const char *)data, size, root, &answer) < 0)
		return;
	(void)iw_answer_refusal(&answer, &refusal);
	answer_again(&answer, root);
	iw_answer_free(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_as(data, size, "ActionSetup");
	read_as(data, size, "ActionFinalize");
	return 0;
}

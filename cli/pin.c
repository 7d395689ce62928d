/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pin.h"

#include "cli/prompt.h"

#include <string.h>

int pin_read(struct cli *cli, const struct pin_source *source, struct secret *ret_pin)
{
	int r;

	if (source->file)
		r = prompt_file(cli, source->file, "the PIN", ret_pin);
	else if (source->piped && !prompt_possible())
		r = prompt_line(cli, "the PIN", ret_pin);
	else if (source->choose)
		r = prompt_secret_twice(cli, "New PIN", "The same PIN again", ret_pin);
	else
		r = prompt_secret(cli, "PIN", ret_pin);
	if (!r && secret_empty(ret_pin))
		return cli_usage(cli, "the PIN is empty");
	return r;
}

bool pin_again(const struct pin_source *source)
{
	return !source->file && prompt_possible();
}

bool pin_is_wrong(const struct reply *reply)
{
	const char *label = reply_error(reply, "label");

	if (reply_code(reply) == PIMS_INWEBO_ACCESS)
		return true;
	return label && reply_code(reply) == PIMS_INVALID_PARAMETER && (strstr(label, "PIN ") || strstr(label, "pinCode "));
}

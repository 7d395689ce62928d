#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The shape of files: licence line, tabs, line ends, length of lines (a limit beyond the habit of 140) and files.
set -eu
cd "$SOURCE_DIR"
bad=$(mktemp)
trap 'rm -f "$bad"' EXIT

find include src cli server bench examples tests fuzz -name '*.[ch]' | sort | while read -r file; do
	awk -v file="$file" '
	function tell(what) { print file ":" NR ": " what }
	NR == 1 && $0 != "/* SPDX-License-Identifier: Apache-2.0 */" { tell("no licence line") }
	/[ \t]+$/ { tell("blank at the end of the line") }
	/\r/ { tell("carriage return") }
	/^    / { tell("indented with blanks") }
	{
		width = 0
		for (i = 1; i <= length($0); i++)
			width = substr($0, i, 1) == "\t" ? width + 8 - width % 8 : width + 1
		if (width > (file ~ /^tests\// ? 240 : 160)) tell("line of " width " columns")
	}
	END { if (NR > 500 && file !~ /^tests\// && file !~ /table/) tell("file of " NR " lines") }' "$file"
done >"$bad"
for file in check demo .ci/run scripts/* tests/*/*.sh; do
	[ -f "$file" ] || continue
	sh -n "$file" || echo "$file: sh cannot read it" >>"$bad"
	head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$file: no licence line" >>"$bad"
done
if [ -s "$bad" ]; then
	cat "$bad"
	exit 1
fi

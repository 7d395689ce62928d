#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/STANDARDS.md: each row of its tables has a test in its last cell, as `area.topic` or `area.topic: function, function`, and all of them are there; or the word
# "open", and then its number stands among the open points at the end too.
set -eu
cd "$SOURCE_DIR"

# what there is: NAME, and NAME FUNCTION
names() {
	for source in tests/*/test_*.sh tests/*/test_*.c fuzz/fuzz_*.c; do
		echo "$source"
	done | sed 's,^tests/\([^/]*\)/test_\(.*\)\.[a-z]*$,\1.\2,; s,^fuzz/fuzz_\(.*\)\.c$,fuzz.\1,'
	grep -Eo '^static void [a-z0-9_]+\(void \*\*' tests/*/test_*.c | sed 's,^tests/\([^/]*\)/test_\(.*\)\.c:static void \(.*\)(.*,\1.\2 \3,'
}

{
	names
	echo ---
	cat docs/STANDARDS.md
} | awk '
function trim(text) { gsub(/^ +| +$/, "", text); return text }
function tell(what) { print number ": " what; bad = 1 }
function check(test, parts, functions, n, i) {
	n = split(test, parts, ":")
	if (!(trim(parts[1]) in there)) { tell("no test " parts[1]); return }
	if (n < 2) return
	n = split(parts[2], functions, ",")
	for (i = 1; i <= n; i++)
		if (!((trim(parts[1]) " " trim(functions[i])) in there)) tell(parts[1] " has no " trim(functions[i]))
}
!document { if ($0 == "---") document = 1; else there[$0] = 1; next }
/^## / { at_end = ($0 ~ /Open points/) }
at_end { end = end "\n" $0 }
/^\|/ {
	cells = split($0, cell, "|") - 2
	if (!table) { table = cells; next }
	if ($0 ~ /^\|[-| ]*$/) next
	number = trim(cell[2])
	if (cells != table) tell("other cells than in its header")
	if (at_end) next
	rows++
	last = trim(cell[cells + 1])
	if (last == "open") { open[number] = 1; next }
	n = split(last, quoted, "`")
	if (n < 3) tell("no test")
	for (i = 2; i <= n; i += 2) check(quoted[i])
	next
}
{ table = 0 }
END {
	for (number in open) if (!index(end, number)) tell("open, but not among the open points")
	print rows " rows"
	exit bad || rows < 100
}'

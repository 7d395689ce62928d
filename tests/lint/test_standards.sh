#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/STANDARDS.md: each row of its tables has a test in its last cell, as `area.topic` or `area.topic: function, function`, and all of them are there; or the word
# "open", and then its number stands among the open points at the end too.
set -eu
cd "$SOURCE_DIR"
file=docs/STANDARDS.md
bad=$(mktemp)
trap 'rm -f "$bad"' EXIT

# NUMBER|LAST CELL of each row; a row's cells are those of the header
awk -F '|' '
/^## / { open = ($0 ~ /Open points/) }
/^\|/ {
	cells = NF - 2
	if (!table) { table = cells; next }
	if ($2 ~ /^ *-+ *$/ || $2 ~ /^-+$/) next
	if (cells != table) print "cells|" $0
	if (!open) print $2 "|" $(NF - 1)
	next
}
{ table = 0 }' "$file" >"$bad.rows"
rows=0
while IFS='|' read -r number cell; do
	rows=$((rows + 1))
	number=$(echo "$number" | sed 's/^ *//; s/ *$//')
	if [ "$number" = cells ]; then
		echo "a row with other cells than its header: $cell" >>"$bad"
		continue
	fi
	if [ "$(echo "$cell" | tr -d ' ')" = open ]; then
		sed -n '/^## Open points/,$p' "$file" | grep -qF "$number" || echo "$number: open, but not among the open points" >>"$bad"
		continue
	fi
	tests=$(echo "$cell" | grep -o '`[^`]*`' | tr -d '`' || true)
	if [ -z "$tests" ]; then
		echo "$number: no test" >>"$bad"
		continue
	fi
	echo "$tests" | while IFS= read -r test; do
		name=${test%%:*}
		source=tests/${name%%.*}/test_${name#*.}
		functions=
		[ "$name" = "$test" ] || functions=$(echo "${test#*:}" | tr ',' ' ')
		if [ "${name%%.*}" = fuzz ]; then
			[ -f "fuzz/fuzz_${name#*.}.c" ] || echo "$number: no fuzz target $name" >>"$bad"
		elif [ -f "$source.sh" ] && [ -z "$functions" ]; then
			:
		elif [ ! -f "$source.c" ]; then
			echo "$number: no test $name" >>"$bad"
		else
			for function in $functions; do
				grep -qw "$function" "$source.c" || echo "$number: $name has no $function" >>"$bad"
			done
		fi
	done
done <"$bad.rows"
rm -f "$bad.rows"
if [ -s "$bad" ] || [ $rows -lt 100 ]; then
	cat "$bad"
	echo "$rows rows"
	exit 1
fi
echo "$rows rows"

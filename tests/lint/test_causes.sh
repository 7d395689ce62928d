#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every cause that the sources name stands in the one table of causes, include/pims/cause.h.
set -eu
cd "$SOURCE_DIR"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sed -n 's/^\tX("\([a-z_.]*\)",.*/\1/p' include/pims/cause.h >"$work/table"
[ -s "$work/table" ]
LC_ALL=C sort -c "$work/table" || {
	echo "the table is not sorted"
	exit 1
}
find src server -name '*.[ch]' -exec cat {} + >"$work/sources"
# words of a family that the table has; and whatever is given to the functions that take a cause
families=$(sed 's/\..*//' "$work/table" | sort -u | paste -sd '|' -)
grep -oE "\"($families)\.[a-z_][a-z0-9_.]*\"" "$work/sources" >"$work/found" || true
grep -oE '(flow_fail|flow_fail_name|response_problem|mac_refuse|call_cancel|call_cancel_others)\([^;]*"[a-z_]+(\.[a-z_]+)+"' "$work/sources" |
	grep -oE '"[a-z_]+(\.[a-z_]+)+"' >>"$work/found" || true
# names of files, of parts of a configuration, and of a setting of the store
tr -d '"' <"$work/found" | sort -u | grep -vxE 'state\.new|inwebo\.keys|pims\.authentication\..*|pims\.sdk\..*' >"$work/used"
[ "$(wc -l <"$work/used")" -gt 40 ]
status=0
while read -r cause; do
	family=${cause%%.*}.
	grep -qxF "$cause" "$work/table" || grep -qxF "$family" "$work/table" || {
		echo "not in include/pims/cause.h: $cause"
		status=1
	}
done <"$work/used"
exit $status

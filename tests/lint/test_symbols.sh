#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# libpims.so exports exactly the functions that the public headers declare with PIMS_API.
set -eu
library=$BUILD_DIR/libpims.so
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat "$SOURCE_DIR"/include/pims/*.h | sed -n 's/^PIMS_API .*[ *]\(pims_[a-z_0-9]*\)(.*/\1/p' | sort >"$work/declared"
nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort >"$work/exported"
[ -s "$work/declared" ]
grep -h '^PIMS_API ' "$SOURCE_DIR"/include/pims/*.h | wc -l | grep -qx " *$(wc -l <"$work/declared") *" || {
	echo "a PIMS_API declaration does not begin with 'PIMS_API type name('"
	exit 1
}
if ! diff -u "$work/declared" "$work/exported"; then
	echo "declared (-) and exported (+) names differ"
	exit 1
fi
readelf -d "$library" | grep -q 'SONAME.*\[libpims\.so\.0\]'

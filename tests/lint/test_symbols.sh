#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# libpims.so and libpimsd-sandbox.so export exactly the functions that their public headers declare with PIMS_API.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# check_library NAME HEADER...
check_library() {
	name=$1
	library=$BUILD_DIR/$1.so
	shift
	cat "$@" | sed -n 's/^PIMS_API .*[ *]\(pims_[a-z_0-9]*\)(.*/\1/p' | sort >"$work/declared"
	nm -D --defined-only "$library" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort >"$work/exported"
	[ -s "$work/declared" ]
	cat "$@" | grep -c '^PIMS_API ' | grep -qx " *$(wc -l <"$work/declared") *" || {
		echo "a PIMS_API declaration does not begin with 'PIMS_API type name('"
		exit 1
	}
	if ! diff -u "$work/declared" "$work/exported"; then
		echo "$name: declared (-) and exported (+) names differ"
		exit 1
	fi
	readelf -d "$library" | grep -q "SONAME.*$name\\.so\\.0\\]"
}
include=$SOURCE_DIR/include/pims
# shellcheck disable=SC2046 # names without blanks
check_library libpims $(ls "$include"/*.h | grep -v '/sandbox\.h$')
check_library libpimsd-sandbox "$include/sandbox.h"

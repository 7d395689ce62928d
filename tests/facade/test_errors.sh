#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/ERRORS.md is what the tables say.
set -eu
made=$(mktemp)
trap 'rm -f "$made"' EXIT

"$BUILD_DIR/errors_table" >"$made"
[ -s "$made" ]
if ! diff -u "$SOURCE_DIR/docs/ERRORS.md" "$made"; then
	echo "docs/ERRORS.md is out of date: build/errors_table > docs/ERRORS.md"
	exit 1
fi

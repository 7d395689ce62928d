#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Each public header compiles alone, as C99 and as C++11, without a warning.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
warnings='-Wall -Wextra -Wpedantic -Wshadow -Werror -fsyntax-only'

cxx=
for compiler in g++ clang++ clang++-14; do
	echo 'int main() { return 0; }' >"$work/try.cc"
	if $compiler -std=c++11 -fsyntax-only "$work/try.cc" 2>/dev/null; then
		cxx=$compiler
		break
	fi
done
[ -n "$cxx" ] || {
	echo "no C++ compiler"
	exit 1
}
for header in "$SOURCE_DIR"/include/pims/*.h; do
	printf '#include <pims/%s>\n' "${header##*/}" >"$work/alone.c"
	cp "$work/alone.c" "$work/alone.cc"
	# shellcheck disable=SC2086
	cc -std=c99 $warnings -Wstrict-prototypes -I "$SOURCE_DIR/include" "$work/alone.c"
	# shellcheck disable=SC2086
	$cxx -std=c++11 $warnings -I "$SOURCE_DIR/include" "$work/alone.cc"
done

# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# For the scripts beside it: quiet commands with a line of progress.

top=${top:-$(cd "$(dirname "$0")" && while [ ! -f CMakePresets.json ] && [ "$PWD" != / ]; do cd ..; done && pwd)}

now() {
	date +%s
}

# The newest "[12/340]" or "12/340 Test" of a log
steps_of() {
	tail -c 4096 "$1" 2>/dev/null | sed -n -e 's/^\[\([0-9]*\/[0-9]*\)\].*/\1/p' -e 's/^ *\([0-9]*\/[0-9]*\) Test .*/\1/p' | tail -n 1
}

# progress TITLE LOG COMMAND...: runs the command with its output in LOG. On a terminal one line that is updated, else one line when it is done. Its
# status is the command's; the log's end is shown when that is not 0.
progress() {
	progress_title=$1
	progress_log=$2
	shift 2
	mkdir -p "$(dirname "$progress_log")"
	progress_start=$(now)
	"$@" >"$progress_log" 2>&1 </dev/null &
	progress_pid=$!
	trap 'kill $progress_pid 2>/dev/null; exit 130' INT TERM
	if [ -t 2 ]; then
		while kill -0 $progress_pid 2>/dev/null; do
			printf '\r\033[K%s %s' "$progress_title" "$(steps_of "$progress_log")" >&2
			sleep 0.3
		done
	fi
	progress_status=0
	wait $progress_pid || progress_status=$?
	trap - INT TERM
	[ ! -t 2 ] || printf '\r\033[K' >&2
	progress_end="$(($(now) - progress_start)) s"
	if [ $progress_status = 0 ]; then
		echo "$progress_title: done ($progress_end)" >&2
	else
		echo "$progress_title: FAILED ($progress_end), see $progress_log" >&2
	fi
	return $progress_status
}

# configure_and_build PRESET DIRECTORY TARGET...
configure_and_build() {
	(cd "$top" && cmake --preset "$1") || return 1
	build_directory=$2
	shift 2
	cmake --build "$build_directory" --target "$@"
}

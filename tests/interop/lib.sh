# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# For the tests beside it.

# skip REASON: ends the test. In CI that is a failure: there everything must be installed.
skip() {
	echo "skipped: $1"
	[ -n "${CI:-}" ] || exit 77
	echo "CI has to run this test: scripts/deps interop, scripts/node-deps" >&2
	exit 1
}

need_commands() {
	for command; do
		command -v "$command" >/dev/null || skip "needs $command (scripts/deps interop)"
	done
}

need_node_modules() {
	need_commands node
	[ -e "$SOURCE_DIR/tests/interop/node_modules/.installed" ] || skip "needs npm packages (scripts/node-deps)"
}

# The tests' JavaScript runs with this: openid-client wants the Web Crypto API as a global, which Node.js has since 20 without being asked
run_node() {
	case $(node --version) in
	v18.*) node --no-warnings --experimental-global-webcrypto "$@" ;;
	*) node "$@" ;;
	esac
}

# wait_for TITLE COMMAND...: until the command succeeds; after a minute the test has failed
wait_for() {
	wait_title=$1
	shift
	wait_tries=0
	until "$@"; do
		wait_tries=$((wait_tries + 1))
		if [ $wait_tries -gt 600 ]; then
			echo "$wait_title: not within a minute" >&2
			exit 1
		fi
		sleep 0.1
	done
}

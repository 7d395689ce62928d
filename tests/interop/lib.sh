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

# free_ports COUNT: that many ports of 127.0.0.1 that nobody listens on, in a line
free_ports() {
	run_node -e 'const net = require("node:net"), servers = [];
		for (let i = 0; i < Number(process.argv[1]); i++) servers.push(net.createServer().listen(0, "127.0.0.1"));
		Promise.all(servers.map((server) => new Promise((done) => server.on("listening", done)))).then(() => {
			console.log(servers.map((server) => server.address().port).join(" "));
			servers.forEach((server) => server.close());
		});' "$1"
}

# make_authority DIRECTORY: an authority of one's own, ca.pem, and a certificate of it for 127.0.0.1, server.pem and server.key
make_authority() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=openpims test authority" \
		-addext "keyUsage=critical,keyCertSign" -keyout "$1/ca.key" -out "$1/ca.pem" 2>/dev/null
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=127.0.0.1" -keyout "$1/server.key" -out "$1/server.csr" 2>/dev/null
	printf 'subjectAltName=IP:127.0.0.1\nbasicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n' >"$1/server.ext"
	openssl x509 -req -in "$1/server.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" -CAcreateserial -days 2 -extfile "$1/server.ext" \
		-out "$1/server.pem" 2>/dev/null
}

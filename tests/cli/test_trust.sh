#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Whom pims trusts: authorities, pinned keys and inWebo's key, given once to init or in a call, against a pimsd with a certificate of its own.
set -eu
pims=$PIMS_BIN
pimsd=$PIMSD_BIN
umask 077
work=$(mktemp -d)
login_pid=
fail() {
	echo "test_trust: $*" >&2
	exit 1
}
end() {
	status=$?
	trap - EXIT
	[ -z "$login_pid" ] || kill "$login_pid" 2>/dev/null || true
	sandbox_stop || status=1
	rm -rf "$work"
	exit $status
}
command -v openssl >/dev/null || fail "openssl is missing: scripts/deps test"
# shellcheck source=scripts/sandbox.sh
. "$SOURCE_DIR/scripts/sandbox.sh"
trap end EXIT

# word EXIT_STATUS ERROR WORD...: ERROR must stand on standard error; "" = nothing special
word() {
	wanted=$1
	error=$2
	shift 2
	got=0
	"$pims" --state "$work/state" "$@" <"$work/input" >"$work/output" 2>"$work/errors" || got=$?
	: >"$work/input"
	[ $got = "$wanted" ] || fail "pims $*: exit status $got instead of $wanted: $(cat "$work/errors")"
	[ -z "$error" ] || grep -q -- "$error" "$work/errors" || fail "pims $*: no \"$error\" in: $(cat "$work/errors")"
}
: >"$work/input"

# --- an authority, a certificate, and the keys' pins -----------------------------------------------------------------------------------

# quiet COMMAND...
quiet() {
	"$@" >"$work/openssl" 2>&1 || fail "$*: $(cat "$work/openssl")"
}
pin_of() {
	printf 'sha256//%s' "$(openssl pkey -in "$1" -pubout -outform der | openssl dgst -sha256 -binary | openssl base64)"
}
for name in ca other; do
	quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=$name" -keyout "$work/$name.key" -out "$work/$name.pem"
done
quiet openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -keyout "$work/key.pem" -out "$work/server.csr"
echo "subjectAltName=IP:127.0.0.1" >"$work/names"
quiet openssl x509 -req -in "$work/server.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 2 -extfile "$work/names" -out "$work/cert.pem"
pin=$(pin_of "$work/key.pem")
other=$(pin_of "$work/other.key")

export CURL_CA_BUNDLE="$work/ca.pem"
sandbox_options="--sms-cooldown 0 --tls-cert $work/cert.pem --tls-key $work/key.pem"
sandbox_start
case $url in
https://127.0.0.1:*) ;;
*) fail "the sandbox is at $url" ;;
esac
fingerprint=$("$pimsd" key fingerprint --data "$work/data")

# --- init ---------------------------------------------------------------------------------------------------------------------------

word 1 network.tls init --backend "$url"
word 1 network.tls init --backend "$url" --ca-file "$work/other.pem"
word 1 network.pin init --backend "$url" --ca-file "$work/ca.pem" --pin-key "$other"
word 3 'cannot read the certificate authorities' init --backend "$url" --ca-file "$work/none.pem"
word 2 'pin-key wants' init --backend "$url" --ca-file "$work/ca.pem" --pin-key "sha256//nonsense"
word 2 'pin-key wants' init --backend "$url" --ca-file "$work/ca.pem" --pin-key "$work/key.pem"
word 1 configuration.credential.inWeboKey init --backend "$url" --ca-file "$work/ca.pem" --inwebo-key "$pin"
[ ! -e "$work/state/config.json" ] || fail "something was written"
(cd "$work" && word 0 'written' init --backend "$url" --ca-file ca.pem --pin-key "$other" --pin-key "$pin" --inwebo-key "$fingerprint")
jq -e --arg ca "$work/ca.pem" --arg pins "$other;$pin" --arg key "$fingerprint" \
	'.tls.caFile == $ca and .tls.pinnedKeys == $pins and .credential.inWeboKey == $key' "$work/state/config.json" >"$work/output" ||
	fail "$(cat "$work/state/config.json")"
word 0 'unchanged' init --backend "$url" --ca-file "$work/ca.pem" --pin-key "$other" --pin-key "$pin" --inwebo-key "$fingerprint"
word 3 'another configuration' init --backend "$url" --ca-file "$work/ca.pem"

# --- later calls, from anywhere ---------------------------------------------------------------------------------------------------------

mkfifo "$work/address"
"$pims" --state "$work/state" login --no-browser >"$work/address" 2>"$work/errors" &
login_pid=$!
exec 3<"$work/address"
read -r address <&3 || fail "no address: $(cat "$work/errors")"
sign_in "$address"
wait "$login_pid" || fail "login: $(cat "$work/errors")"
login_pid=
exec 3<&-
word 0 '' token --refresh
word 1 network.pin token --refresh --pin-key "$other"
word 0 '' token --refresh --pin-key "$pin"
word 0 '' token --refresh --pin-key ''
word 1 network.tls token --refresh --ca-file "$work/other.pem"
word 1 network.tls token --refresh --ca-file ''
mv "$work/ca.pem" "$work/moved.pem"
word 3 "cannot read the certificate authorities in $work/ca.pem: No such file" token --refresh
word 3 'next: --ca-file FILE' status
word 0 '' token --refresh --ca-file "$work/moved.pem"
mv "$work/moved.pem" "$work/ca.pem"
jq '.tls.pinnedKeys = "sha256//x"' "$work/state/config.json" >"$work/changed.json"
cp "$work/state/config.json" "$work/kept.json"
cp "$work/changed.json" "$work/state/config.json"
word 3 'tls.pinnedKeys are no keys' token --refresh
cp "$work/kept.json" "$work/state/config.json"

# --- inWebo's key -------------------------------------------------------------------------------------------------------------------

wrong=$(printf '%s' "$fingerprint" | tr '0123456789abcdef' '123456789abcdef0')
jq --arg key "$wrong" '.credential.inWeboKey = $key' "$work/kept.json" >"$work/state/config.json"
word 0 '' sms enrollment
printf '%s\n4739\n' "$(sms_code enrollment)" >"$work/input"
word 1 inwebo.kfact_pinned enroll --sms-code-stdin --pin-stdin
cp "$work/kept.json" "$work/state/config.json"
word 0 '' sms enrollment
printf '%s\n4739\n' "$(sms_code enrollment)" >"$work/input"
word 0 '' enroll --sms-code-stdin --pin-stdin
word 0 '' otp

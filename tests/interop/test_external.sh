#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# pimsd leaves sign-in to a provider that others wrote (oidc-provider): the whole journey with pims, first with access tokens that are JWTs (RFC 9068), then
# with opaque ones that are introspected (RFC 7662).
set -eu
# shellcheck source=tests/interop/lib.sh
. "$SOURCE_DIR/tests/interop/lib.sh"
need_commands openssl curl jq
need_node_modules
pimsd=$PIMSD_BIN
audience=urn:openpims:test
umask 077
work=$(mktemp -d)
provider_pid=
fail() {
	echo "test_external: $*" >&2
	[ ! -s "$work/server.err" ] || tail -n 20 "$work/server.err" >&2
	exit 1
}
end() {
	status=$?
	trap - EXIT
	sandbox_stop || status=1
	provider_stop
	rm -rf "$work"
	exit $status
}
# shellcheck source=scripts/sandbox.sh
. "$SOURCE_DIR/scripts/sandbox.sh"
trap end EXIT

# --- an authority of our own, and what it certifies -------------------------------------------------------------------------------------

mkdir "$work/home" "$work/bin"
printf 'subjectAltName=IP:127.0.0.1\n' >"$work/names"
(
	cd "$work"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=test authority' -keyout ca.key -out ca.pem \
		-addext basicConstraints=critical,CA:TRUE
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=provider' -keyout tls.key -out tls.csr
	openssl x509 -req -in tls.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out tls.pem
) >"$work/openssl.log" 2>&1 || fail "$(cat "$work/openssl.log")"
printf 'a secret/with+signs\n' >"$work/secret"

# provider_start PORT FORMAT: sets $issuer
provider_start() {
	: >"$work/provider.out"
	run_node "$SOURCE_DIR/tests/interop/external_provider.mjs" "$1" "$work/tls.pem" "$work/tls.key" "$audience" "$2" \
		>"$work/provider.out" 2>"$work/provider.err" &
	provider_job=$!
	wait_for "the provider" grep -q '^https' "$work/provider.out"
	provider_pid=$(sed -n 1p "$work/provider.out")
	issuer=$(sed -n 2p "$work/provider.out")
	origin=${issuer%/oidc}
}
provider_stop() {
	[ -n "$provider_pid" ] || return 0
	kill "$provider_pid" 2>/dev/null || true
	wait "$provider_job" 2>/dev/null || true
	provider_pid=
}
# tell PATH: the provider's switches
tell() {
	curl -sS -f --max-time 20 --cacert "$work/ca.pem" -X POST "$origin$1" >/dev/null
}

# --- the user's browser: the provider's form for the name, then the one for consent -----------------------------------------------------

cat >"$work/bin/browser" <<'END'
#!/bin/sh
set -eu
cd "$work"
printf 'url = "%s"\n' "$1" >post
for step in 1 2 3; do
	shown=$(curl -sS -L --max-time 20 --cacert ca.pem -b cookies -c cookies -K post -o page -w '%{url_effective}') || exit 1
	case $shown in
	*/interaction/*) ;;
	*) exit 0 ;; # back at the program
	esac
	tr '\n' ' ' <page | sed 's/</\n</g' >tags
	printf 'url = "%s"\n' "$(sed -n 's/^<form.* action="\([^"]*\)".*/\1/p' tags)" >post
	sed -n 's/^<input type="hidden" name="\([^"]*\)" value="\([^"]*\)".*/data-urlencode = "\1=\2"/p' tags >>post
	if grep -q 'name="login"' tags; then
		printf 'data-urlencode = "login=%s"\ndata-urlencode = "password=any"\n' "$(cat person)" >>post
	fi
done
exit 1
END
chmod +x "$work/bin/browser"
export BROWSER="$work/bin/browser" work
unset DISPLAY WAYLAND_DISPLAY

# become NAME: another person, at another device and browser
become() {
	rm -f "$work/cookies"
	echo "$1" >"$work/person"
	mkdir -p "$work/home/$1$2"
	export XDG_STATE_HOME="$work/home/$1$2" XDG_CONFIG_HOME="$work/home/$1$2"
}
p() {
	timeout 60 "$PIMS_BIN" --ca-file "$work/ca.pem" "$@" </dev/null
}
# status_of TOKEN: of a call with it; the headers are in $work/head, the body in $work/body
status_of() {
	printf 'header = "Authorization: Bearer %s"\n' "$1" | curl -sS --max-time 20 -K - -D "$work/head" -o "$work/body" -w '%{http_code}' "$url/v1/account"
}
expect() {
	got=$(status_of "$2")
	[ "$got" = "$1" ] || fail "$3: $got $(cat "$work/head" "$work/body")"
}

# journey PERSON: all that an owner does
journey() {
	become "$1" "$2"
	p init --backend "$url" >/dev/null 2>&1
	p login >"$work/login" 2>&1 || fail "sign-in: $(cat "$work/login" "$work/provider.err")"
	[ "$(p whoami)" = "$1 of others" ] || fail "whoami: $(p whoami)"
	p token cvs >"$work/token"
	expect 200 "$(cat "$work/token")" "the token of a sign-in"
	jq -e --arg name "$1 of others" '.username == $name and .pin == "none" and .devices == 0' "$work/body" >/dev/null || fail "$(cat "$work/body")"
	p sms certify +33687654321 >/dev/null
	sms_code phoneNumberCertification | timeout 60 "$PIMS_BIN" --ca-file "$work/ca.pem" phone set +33687654321 --sms-code-stdin >/dev/null
	p sms enrollment >/dev/null
	{
		sms_code enrollment
		echo 48219374
	} | timeout 60 "$PIMS_BIN" --ca-file "$work/ca.pem" enroll --sms-code-stdin --pin-stdin >/dev/null
	otp=$(echo 48219374 | timeout 60 "$PIMS_BIN" --ca-file "$work/ca.pem" otp --pin-stdin)
	# a service knows the person by the provider's name for him, never by an address
	verify() { printf '{"account": "%s", "otp": "%s"}' "$1" "$otp" | curl -sS --max-time 20 -u demo:demo -H 'Content-Type: application/json' -d @- "$url/v1/otp/verify"; }
	verify demo@example.com | jq -e '.cause == "otp.refused"' >/dev/null || fail "an address stood for an account"
	verify "$1" | jq -e .valid >/dev/null || fail "the OTP was refused"
	p devices --json | jq -e '.result.devices | length == 1' >/dev/null || fail "no device"
	p token cvs --refresh >"$work/token2"
	cmp -s "$work/token" "$work/token2" && fail "no new token"
	expect 200 "$(cat "$work/token2")" "a renewed token"
}

# account_of PERSON: its id here
account_of() {
	"$pimsd" account list --data "$work/data" | awk -F '\t' -v subject="$1" '$6 == subject { print $1 }'
}
# block and unblock, while the token is good
operator() {
	id=$(account_of "$1")
	[ -n "$id" ] || fail "no account: $("$pimsd" account list --data "$work/data")"
	"$pimsd" account show "$id" --data "$work/data" | grep -qx "issuer    $issuer" || fail "$("$pimsd" account show "$id" --data "$work/data")"
	"$pimsd" account block "$id" --data "$work/data"
	expect 403 "$(cat "$work/token2")" "a blocked account"
	jq -e '.cause == "account.blocked"' "$work/body" >/dev/null || fail "$(cat "$work/body")"
	"$pimsd" account unblock "$id" --data "$work/data"
	expect 200 "$(cat "$work/token2")" "an account that is no longer blocked"
}
sign_out() {
	p logout >/dev/null
	p whoami >/dev/null 2>&1 && fail "still signed in"
	return 0
}

# --- JWTs -------------------------------------------------------------------------------------------------------------------------------

provider_start 0 jwt
common="--sms-cooldown 0 --external-issuer $issuer --external-audience $audience --external-resource $audience --external-app-client-id car-app
	--external-scope car:otp --external-ca-file $work/ca.pem"
sandbox_options=$common
sandbox_start
curl -sS -f "$url/.well-known/openpims" >"$work/document"
jq -e --arg issuer "$issuer" --arg audience "$audience" '.issuer == $issuer and .openid_configuration == $issuer + "/.well-known/openid-configuration" and
	.client_id == "car-app" and .resource == $audience and .scope == "openid profile email car:otp" and
	(keys | map(select(test("^account_.*_endpoint$"))) | length == 0) and (has("customer_audience") | not)' "$work/document" >/dev/null ||
	fail "well-known document: $(cat "$work/document")"
for gone in /.well-known/openid-configuration /am/oauth2/authorize /am/oauth2/access_token /am/oauth2/userinfo /account/create /account/devices; do
	[ "$(curl -sS -o /dev/null -w '%{http_code}' "$url$gone")" = 404 ] || fail "$gone is still there"
done
journey jo 1
operator jo
[ "$("$pimsd" account list --data "$work/data" | wc -l)" = 2 ] || fail "not one account for jo, beside the sandbox's"

# a token of the provider that is not for us: of another audience, an id_token, a client's own
p token >"$work/id_token"
expect 401 "$(cat "$work/id_token")" "an id_token"
grep -qi '^WWW-Authenticate: Bearer .*error="invalid_token"' "$work/head" || fail "$(cat "$work/head")"
client_token() {
	printf 'user = "pimsd%%3A1:a+secret%%2Fwith%%2Bsigns"\n' |
		curl -sS -f --max-time 20 --cacert "$work/ca.pem" -K - -d grant_type=client_credentials -d "scope=$2" --data-urlencode "resource=$1" "$issuer/token" |
		jq -r .access_token
}
expect 401 "$(client_token "$audience" car:otp)" "a token of a client for itself"
grep -q "a client's" "$work/head" || fail "$(cat "$work/head")"
expect 401 "$(client_token urn:somebody:else car:otp)" "a token for somebody else"
grep -q 'another audience' "$work/head" || fail "$(cat "$work/head")"

# the provider changes its keys: tokens of the old one end, those of the new one are good once pimsd has asked, which it does at once
cp "$work/token2" "$work/old"
tell /test/rotate
p token cvs --refresh >"$work/token"
for try in 1 2 3 4 5 6 7 8 9 10 11 12; do
	got=$(status_of "$(cat "$work/token")")
	[ "$got" = 503 ] || break
	sleep "$(sed -n 's/^[Rr]etry-[Aa]fter: \([0-9]*\).*/\1/p' "$work/head")" # it asked a moment ago
done
[ "$got" = 200 ] || fail "a token signed by the new key: $got $(cat "$work/head")"

# the provider is away: what is known is good until it ends, what isn't is nobody's fault
provider_stop
expect 200 "$(cat "$work/token")" "a good token while the provider is away"
expect 503 "$(cat "$work/old")" "a key that is not known while the provider is away"
grep -qi '^Retry-After: [1-9]' "$work/head" || fail "$(cat "$work/head")"
sandbox_stop
sandbox_start
expect 503 "$(cat "$work/token")" "a server that has not met its provider yet"
grep -q 'could not be fetched' "$work/server.err" || fail "the log says nothing: $(cat "$work/server.err")"
provider_start "${origin##*:}" jwt
sign_in_again() { p login >"$work/login" 2>&1 && [ "$(status_of "$(p token cvs)")" = 200 ]; }
wait_for "the server to find its provider" sign_in_again
sign_out
sandbox_stop
provider_stop

# --- opaque tokens ----------------------------------------------------------------------------------------------------------------------

rm -rf "$work/data"
provider_start 0 opaque
sandbox_options="--sms-cooldown 0 --external-issuer $issuer --external-audience $audience --external-resource $audience --external-app-client-id car-app
	--external-scope car:otp --external-ca-file $work/ca.pem --external-client-id pimsd:1 --external-client-secret-file $work/secret --external-cache 0"
sandbox_start
journey kim 2
operator kim
expect 401 "$(client_token "$audience" car:otp)" "a token of a client for itself"
expect 401 nonsense "a token of nobody"
cp "$work/token2" "$work/old"
sign_out
expect 401 "$(cat "$work/old")" "a token after the sign-out"
provider_stop
expect 503 "$(cat "$work/old")" "introspection while the provider is away"
grep -rqF "a secret/with+signs" "$work/server.err" "$work/server.out" && fail "the secret is in the log"
grep -rqF "$(cat "$work/old")" "$work/server.err" && fail "a token is in the log"
sandbox_stop

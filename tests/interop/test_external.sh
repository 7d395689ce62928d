#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# pimsd leaves sign-in to a provider that others wrote (oidc-provider): the whole journey with pims, first with access tokens that are JWTs (RFC 9068), then
# with opaque ones that are introspected (RFC 7662); each with bearer tokens and with such as are bound to a key (RFC 9449), whose proofs libpims makes, and
# openid-client.
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

mkdir "$work/home" "$work/bin" "$work/provider"
export NODE_EXTRA_CA_CERTS="$work/provider/ca.pem"

# provider_start [MORE]: the same one again without MORE. Sets $issuer and $control
provider_start() {
	: >"$work/provider.out"
	sh "$SOURCE_DIR/tests/interop/start_oidc_provider.sh" "$work/provider" "$@" >"$work/provider.out" 2>"$work/provider.err" &
	provider_pid=$!
	wait_for "the provider" grep -q '^control' "$work/provider.out"
	issuer=$(sed -n 's/^issuer //p' "$work/provider.out")
	control=$(sed -n 's/^control //p' "$work/provider.out")
}
provider_stop() {
	[ -n "$provider_pid" ] || return 0
	kill "$provider_pid" 2>/dev/null || true
	wait "$provider_pid" 2>/dev/null || true
	provider_pid=
}

# the user's browser
cat >"$work/bin/browser" <<'END'
#!/bin/sh
person=$(cat "$work/person")
exec node "$SOURCE_DIR/tests/interop/browse.mjs" "$1" http://127.0.0.1/callback "username=$person" "password=$person-password"
END
chmod +x "$work/bin/browser"
export BROWSER="$work/bin/browser" work
unset DISPLAY WAYLAND_DISPLAY

# become NAME: another person, at another device and browser
become() {
	echo "$1" >"$work/person"
	mkdir -p "$work/home/$1$2"
	export XDG_STATE_HOME="$work/home/$1$2" XDG_CONFIG_HOME="$work/home/$1$2"
}
p() {
	timeout 60 "$PIMS_BIN" --ca-file "$NODE_EXTRA_CA_CERTS" "$@" </dev/null
}
# call: with the header lines on standard input, prints the status; the answer's headers are in $work/head, its body in $work/body
call() {
	curl -sS --max-time 20 -H @- -D "$work/head" -o "$work/body" -w '%{http_code}' "$url/v1/account"
}
# status_of TOKEN: of a call with it as Bearer
status_of() {
	printf 'Authorization: Bearer %s\n' "$1" | call
}
expect() {
	got=$(status_of "$2")
	[ "$got" = "$1" ] || fail "$3: $got $(cat "$work/head" "$work/body")"
}
# prove: the header lines of a call as pims would make it, with a proof if the token is bound
prove() {
	p token cvs --headers GET "$url/v1/account"
}
# opens STATUS TITLE: of a call with the token that pims has
opens() {
	got=$(prove | call)
	[ "$got" = "$1" ] || fail "$2: $got $(cat "$work/head" "$work/body")"
}

# journey PERSON DEVICE DPOP: all that an owner does
journey() {
	become "$1" "$2"
	p init --backend "$url" --dpop "$3" >/dev/null 2>&1
	p login >"$work/login" 2>&1 || fail "sign-in: $(cat "$work/login" "$work/provider.err")"
	[ "$(p whoami)" = "$1 of others" ] || fail "whoami: $(p whoami)"
	p token cvs >"$work/token"
	opens 200 "the token of a sign-in"
	jq -e --arg name "$1 of others" '.username == $name and .pin == "none" and .devices == 0' "$work/body" >/dev/null || fail "$(cat "$work/body")"
	p sms certify +33687654321 >/dev/null
	sms_code phoneNumberCertification | timeout 60 "$PIMS_BIN" --ca-file "$NODE_EXTRA_CA_CERTS" phone set +33687654321 --sms-code-stdin >/dev/null
	p sms enrollment >/dev/null
	{
		sms_code enrollment
		echo 48219374
	} | timeout 60 "$PIMS_BIN" --ca-file "$NODE_EXTRA_CA_CERTS" enroll --sms-code-stdin --pin-stdin >/dev/null
	otp=$(echo 48219374 | timeout 60 "$PIMS_BIN" --ca-file "$NODE_EXTRA_CA_CERTS" otp --pin-stdin)
	# a service knows the person by the provider's name for him, never by an address
	verify() { printf '{"account": "%s", "otp": "%s"}' "$1" "$otp" | curl -sS --max-time 20 -u demo:demo -H 'Content-Type: application/json' -d @- "$url/v1/otp/verify"; }
	verify demo@example.com | jq -e '.cause == "otp.refused"' >/dev/null || fail "an address stood for an account"
	verify "$1" | jq -e .valid >/dev/null || fail "the OTP was refused"
	p devices --json | jq -e '.result.devices | length == 1' >/dev/null || fail "no device"
	p token cvs --refresh >"$work/token2"
	cmp -s "$work/token" "$work/token2" && fail "no new token"
	opens 200 "a renewed token"
}

# bound PERSON DEVICE: the same with a token that is bound, which is worth nothing without its proof, nor with one that was used
bound() {
	journey "$1" "$2" all
	prove >"$work/proved"
	grep -q '^Authorization: DPoP ' "$work/proved" || fail "no bound token: $(cat "$work/proved")"
	grep '^Authorization' "$work/proved" >"$work/unproved"
	for status in 200 401; do
		got=$(call <"$work/proved")
		[ "$got" = $status ] || fail "a proof: $got, not $status: $(cat "$work/head" "$work/body")"
	done
	grep -qi '^WWW-Authenticate: DPoP .*error="invalid_dpop_proof"' "$work/head" || fail "$(cat "$work/head")"
	[ "$(call <"$work/unproved")" = 401 ] || fail "a bound token without a proof: $(cat "$work/head")"
	expect 401 "$(p token cvs)" "a bound token as bearer"
	grep -qi '^WWW-Authenticate: Bearer .*error="invalid_token"' "$work/head" || fail "$(cat "$work/head")"
	opens 200 "the next proof"
	p logout >/dev/null
	run_node "$SOURCE_DIR/tests/interop/bound_client.mjs" "$issuer" "$audience" "$url" || fail "openid-client"
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
	opens 403 "a blocked account"
	jq -e '.cause == "account.blocked"' "$work/body" >/dev/null || fail "$(cat "$work/body")"
	"$pimsd" account unblock "$id" --data "$work/data"
	opens 200 "an account that is no longer blocked"
}
sign_out() {
	p logout >/dev/null
	p whoami >/dev/null 2>&1 && fail "still signed in"
	return 0
}

# --- JWTs -------------------------------------------------------------------------------------------------------------------------------

provider_start '{"path": "/oidc", "dpop": true, "format": "jwt"}'
sandbox_options="--sms-cooldown 0 --external-issuer $issuer --external-audience $audience --external-resource $audience --external-app-client-id native
	--external-scope car:otp --external-ca-file $NODE_EXTRA_CA_CERTS"
sandbox_start
curl -sS -f "$url/.well-known/openpims" >"$work/document"
jq -e --arg issuer "$issuer" --arg audience "$audience" '.issuer == $issuer and .openid_configuration == $issuer + "/.well-known/openid-configuration" and
	.client_id == "native" and .resource == $audience and .scope == "openid profile email car:otp" and
	(keys | map(select(test("^account_.*_endpoint$"))) | length == 0) and (has("customer_audience") | not)' "$work/document" >/dev/null ||
	fail "well-known document: $(cat "$work/document")"
for gone in /.well-known/openid-configuration /am/oauth2/authorize /am/oauth2/access_token /am/oauth2/userinfo /account/create /account/devices; do
	[ "$(curl -sS -o /dev/null -w '%{http_code}' "$url$gone")" = 404 ] || fail "$gone is still there"
done
bound lea 3
journey jo 1 never
operator jo
[ "$("$pimsd" account list --data "$work/data" | wc -l)" = 3 ] || fail "not one account for each of them, beside the sandbox's"

# a token of the provider that is not for us: of another audience, an id_token, a client's own
p token >"$work/id_token"
expect 401 "$(cat "$work/id_token")" "an id_token"
grep -qi '^WWW-Authenticate: Bearer .*error="invalid_token"' "$work/head" || fail "$(cat "$work/head")"
client_token() {
	printf 'user = "pimsd%%3A1:%s"\n' "$(jq -rRs @uri "$work/provider/secret")" |
		curl -sS -f --max-time 20 --cacert "$NODE_EXTRA_CA_CERTS" -K - -d grant_type=client_credentials -d "scope=$2" --data-urlencode "resource=$1" "$issuer/token" |
		jq -r .access_token
}
expect 401 "$(client_token "$audience" car:otp)" "a token of a client for itself"
grep -q "a client's" "$work/head" || fail "$(cat "$work/head")"
expect 401 "$(client_token urn:somebody:else car:otp)" "a token for somebody else"
grep -q 'another audience' "$work/head" || fail "$(cat "$work/head")"

# the provider changes its keys: tokens of the old one end, those of the new one are good once pimsd has asked, which it does at once
cp "$work/token2" "$work/old"
curl -sS -f --max-time 20 -X POST "$control/rotate" >/dev/null
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
provider_start
sign_in_again() { p login >"$work/login" 2>&1 && [ "$(status_of "$(p token cvs)")" = 200 ]; }
wait_for "the server to find its provider" sign_in_again
sign_out
sandbox_stop
provider_stop

# --- opaque tokens ----------------------------------------------------------------------------------------------------------------------

rm -rf "$work/data" "$work/provider"
mkdir "$work/provider"
provider_start '{"path": "/oidc", "dpop": true, "format": "opaque"}'
sandbox_options="--sms-cooldown 0 --external-issuer $issuer --external-audience $audience --external-resource $audience --external-app-client-id native
	--external-scope car:otp --external-ca-file $NODE_EXTRA_CA_CERTS --external-client-id pimsd:1 --external-client-secret-file $work/provider/secret
	--external-cache 0"
sandbox_start
bound lea 4
journey kim 2 never
operator kim
expect 401 "$(client_token "$audience" car:otp)" "a token of a client for itself"
expect 401 nonsense "a token of nobody"
cp "$work/token2" "$work/old"
sign_out
expect 401 "$(cat "$work/old")" "a token after the sign-out"
provider_stop
expect 503 "$(cat "$work/old")" "introspection while the provider is away"
grep -rqF "$(cat "$work/provider/secret")" "$work/server.err" "$work/server.out" && fail "the secret is in the log"
grep -rqF "$(cat "$work/old")" "$work/server.err" && fail "a token is in the log"
sandbox_stop

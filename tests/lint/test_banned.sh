#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Functions that CONTRIBUTING.md bans, and time and randomness outside the hooks.
set -eu
cd "$SOURCE_DIR"
bad=$(mktemp)
text=$(mktemp)
trap 'rm -f "$bad" "$text"' EXIT

# sources FOLDER...: the code without comments and string literals, each line with its place
sources() {
	find "$@" -name '*.[ch]' 2>/dev/null | sort | while read -r file; do
		awk -v file="$file" '
		{
			line = $0
			gsub(/\\\\/, "", line); gsub(/\\"/, "", line); gsub(/"[^"]*"/, "\"\"", line)
			out = ""
			while (line != "") {
				if (comment) {
					end = index(line, "*/")
					if (!end) { line = ""; continue }
					line = substr(line, end + 2); comment = 0; continue
				}
				start = index(line, "/*")
				if (!start) { out = out line; line = ""; continue }
				out = out substr(line, 1, start - 1); line = substr(line, start + 2); comment = 1
			}
			sub(/\/\/.*/, "", out)
			if (out ~ /[^ \t]/) print file ":" NR ": " out
		}' "$file"
	done
}
# ban WHY WORDS: calls of one of WORDS (an expression) in $text
ban() {
	if grep -E "(^|[^A-Za-z0-9_>.])($2)[[:space:]]*\(" "$text" >"$bad.hits"; then
		{ echo "$1:"; cat "$bad.hits"; } >>"$bad"
	fi
	rm -f "$bad.hits"
}

sources src cli server include examples bench >"$text"
[ -s "$text" ]
ban "writes without a bound" 'strcpy|strcat|sprintf|vsprintf|gets|stpcpy|wcscpy|wcscat'
ban "hidden state, or no error" 'strtok|atoi|atol|atoll|atof|rand|srand|random|drand48|asctime|ctime|gmtime|localtime|tmpnam|mktemp|tempnam'
ban "runs a shell" 'system|popen'
ban "not constant in time, or easily on secrets: use secret_equals" 'bcmp'
ban "process-wide, the application's choice" 'curl_global_init_mem|json_set_alloc_funcs2?|sodium_set_misuse_handler'
# what may have them: programs, the hooks' built-ins, threads that wait until a time, the salt of Argon2id
grep -vE '^(src/platform/|cli/|bench/|examples/|server/http/|server/sweeper\.c|server/external/wait\.c|server/sandbox/pause\.c|server/account/password\.c)' "$text" >"$text.logic" && mv "$text.logic" "$text"
ban "time and randomness are parameters (struct env)" 'time|gettimeofday|clock_gettime|getrandom|RAND_bytes|randombytes_buf|getentropy'
if [ -s "$bad" ]; then
	cat "$bad"
	exit 1
fi

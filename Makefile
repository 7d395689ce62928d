# SPDX-License-Identifier: Apache-2.0
# Short names; the work is done by CMake and scripts/. Needs the packages of scripts/deps.
.POSIX:
.PHONY: all demo check bench fuzz install format clean

all:
	@scripts/build release

demo:
	@./demo

check:
	@./check

bench:
	@scripts/bench

fuzz:
	@scripts/fuzz

install: all
	@cmake --install build

format:
	@scripts/format

clean:
	@rm -rf build

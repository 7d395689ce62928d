/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feeds the files of a corpus to a fuzz target: as they are, then every truncation and one flipped bit in every byte of the short ones. What
 * a fuzzer once found stays found.
 */
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum { MAX_FILE = 1 << 20, MAX_MUTATED = 2048 };

/* A copy of exactly the size, so that the address sanitizer sees the first byte beyond. */
static void feed(const unsigned char *bytes, size_t length)
{
	unsigned char *copy = malloc(length ? length : 1);

	if (!copy)
		abort();
	memcpy(copy, bytes, length);
	LLVMFuzzerTestOneInput(copy, length);
	free(copy);
}

static void feed_mutations(unsigned char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		feed(bytes, i);
	for (size_t i = 0; i < length; i++) {
		unsigned char bit = (unsigned char)(1u << (i % 8));

		bytes[i] ^= bit;
		feed(bytes, length);
		bytes[i] ^= bit;
	}
}

static int replay_file(const char *path)
{
	unsigned char *bytes = malloc(MAX_FILE);
	FILE *file = fopen(path, "rb");
	size_t length;
	int r = -1;

	if (!bytes || !file)
		goto out;
	length = fread(bytes, 1, MAX_FILE, file);
	if (ferror(file))
		goto out;
	feed(bytes, length);
	if (length <= MAX_MUTATED)
		feed_mutations(bytes, length);
	r = 0;
out:
	if (r < 0)
		perror(path);
	if (file)
		fclose(file);
	free(bytes);
	return r;
}

/* The number of files, or -1. */
static int replay_directory(const char *path)
{
	DIR *directory = opendir(path);
	struct dirent *entry;
	char name[4096];
	int files = 0;

	if (!directory) {
		perror(path);
		return -1;
	}
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
		if (replay_file(name) < 0) {
			files = -1;
			break;
		}
		files++;
	}
	closedir(directory);
	return files;
}

int main(int argc, char **argv)
{
	int total = 0;

	for (int i = 1; i < argc; i++) {
		int files = replay_directory(argv[i]);

		if (files < 0)
			return 1;
		total += files;
	}
	printf("%d files replayed\n", total);
	return total ? 0 : 1;
}

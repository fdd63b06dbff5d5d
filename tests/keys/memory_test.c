/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tests/keys/memory_test.c - a process that used a key in every way has no byte run of its
 * private half in its memory; the keykeeper's worker has.
 *
 * The search runs in a child of its own, which reads the key's file and other processes' memory.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/core_names.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "keeper_fixture.h"
#include "storage/storage.h"

enum {
	SECRET_MOST = 512,
	RUN = 24, /* bytes in a row that cannot be chance */
	CHUNK = 1 << 20,
	SHADOW_LEAST = 1 << 30, /* larger maps are the sanitizer's books, not data */
	NOT_FOUND = 0,
	FOUND = 1,
	CLOSED = 2, /* the kernel lets us not look: as good, and better */
};

struct secret {
	uint8_t bytes[SECRET_MOST];
	int size;
};

/* As OpenSSL keeps numbers in memory: words from the lowest, so little endian here. */
static size_t
read_secrets(const char *path, struct secret secrets[], size_t most)
{
	static const char *const parts[] = {OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1,
	    OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_PRIV_KEY};
	struct content file;
	const unsigned char *at;
	EVP_PKEY *key;
	size_t count = 0;

	if (storage_read(path, 8192, &file, NULL) != FAULT_NONE)
		return 0;
	at = file.at;
	key = d2i_AutoPrivateKey(NULL, &at, (long)file.size);
	for (size_t i = 0; i < COUNT(parts) && count < most; i++) {
		BIGNUM *number = NULL;

		if (EVP_PKEY_get_bn_param(key, parts[i], &number) != 1)
			continue;
		secrets[count].size = BN_num_bytes(number);
		BN_bn2lebinpad(number, secrets[count].bytes, secrets[count].size);
		count++;
		/* And as files and messages write them: from the highest. */
		secrets[count].size = BN_bn2bin(number, secrets[count].bytes);
		count++;
		BN_clear_free(number);
	}
	EVP_PKEY_free(key);
	content_wipe(&file);
	return count;
}

/* Any run of RUN bytes out of the secret's middle will do: copies may be cut. */
static bool
holds(struct bytes memory, const struct secret *secret)
{
	size_t offset;

	for (int at = 0; at + RUN <= secret->size; at += RUN)
		if (bytes_find(memory, bytes_of(secret->bytes + at, RUN), &offset))
			return true;
	return false;
}

static bool
search_map(int memory, uint64_t from, uint64_t to, const struct secret secrets[], size_t count)
{
	static uint8_t chunk[CHUNK + SECRET_MOST];

	for (uint64_t at = from; at < to; at += CHUNK) {
		size_t want = to - at < sizeof(chunk) ? (size_t)(to - at) : sizeof(chunk);
		ssize_t got = pread(memory, chunk, want, (off_t)at);

		for (size_t i = 0; got > 0 && i < count; i++)
			if (holds(bytes_of(chunk, (size_t)got), &secrets[i]))
				return true;
	}
	return false;
}

static int
search(pid_t pid, const char *key_path)
{
	struct secret secrets[8];
	size_t count = read_secrets(key_path, secrets, COUNT(secrets));
	char path[64], line[512];
	int memory, found = NOT_FOUND;
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "r");
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	memory = open(path, O_RDONLY);
	if (maps == NULL || memory == -1 || count == 0)
		return CLOSED;
	while (found == NOT_FOUND && fgets(line, sizeof(line), maps) != NULL) {
		uint64_t from, to;
		char readable;

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %c", &from, &to, &readable) == 3 &&
		    readable == 'r' && to - from < SHADOW_LEAST &&
		    search_map(memory, from, to, secrets, count))
			found = FOUND;
	}
	fclose(maps);
	close(memory);
	return found;
}

static int
search_in_a_child(pid_t pid, const char *key_path)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(search(pid, key_path));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static pid_t
worker_of(pid_t keeper)
{
	char path[64];
	long pid = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", keeper, keeper);
	assert_non_null(file = fopen(path, "r"));
	assert_int_equal(fscanf(file, "%ld", &pid), 1);
	fclose(file);
	return (pid_t)pid;
}

static void
use(EVP_PKEY *key)
{
	unsigned char signature[512];
	size_t size = sizeof(signature);
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	assert_int_equal(EVP_DigestSignInit_ex(context, NULL, "SHA256", NULL, NULL, key, NULL), 1);
	assert_int_equal(EVP_DigestSign(context, signature, &size, signature, 1), 1);
	EVP_MD_CTX_free(context);
}

static void
who_uses_a_key_holds_none_of_it(void **state)
{
	static const struct {
		const char *name;
		enum key_kind kind;
	} cases[] = {
	    {KEY_CAPF, KEY_RSA_2048},
	    {KEY_TVS_EC, KEY_P384},
	};
	struct keeper_fixture fixture;
	char path[STORAGE_PATH_MOST];
	struct why why;

	(void)state;
	keeper_fixture_init(&fixture);
	for (size_t i = 0; i < COUNT(cases); i++) {
		EVP_PKEY *key = keeper_fixture_key(
		    &fixture, ROLE_SITE, ROLE_SITE, cases[i].name, cases[i].kind);
		int in_keeper;

		use(key);
		assert_accepted(storage_path(path, fixture.directory, cases[i].name, &why), why);
		assert_int_equal(search_in_a_child(getpid(), path), NOT_FOUND);
		assert_int_not_equal(search_in_a_child(fixture.pid[ROLE_SITE], path), FOUND);
		in_keeper = search_in_a_child(worker_of(fixture.pid[ROLE_SITE]), path);
		assert_true(in_keeper == FOUND || (in_keeper == CLOSED && geteuid() != 0));
		EVP_PKEY_free(key);
	}
	keeper_fixture_finish(&fixture);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(who_uses_a_key_holds_none_of_it),
	};

	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY); /* our child may look at us */
	return cmocka_run_group_tests(tests, NULL, NULL);
}

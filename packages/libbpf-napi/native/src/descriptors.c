#include "descriptors.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "value.h"

#define WORD_BITS 64

/* A bit for each descriptor, by its number. */
struct descriptors {
	uint64_t *words;
	size_t count;
};

static void close_all(napi_env env, void *data, void *hint)
{
	struct descriptors *held = data;

	(void)env;
	(void)hint;
	for (size_t i = 0; i < held->count; i++) {
		for (uint64_t word = held->words[i]; word; word &= word - 1)
			close(i * WORD_BITS + __builtin_ctzll(word));
	}
	free(held->words);
	free(held);
}

void descriptors_install(napi_env env)
{
	struct descriptors *held = calloc(1, sizeof(*held));

	if (held && napi_set_instance_data(env, held, close_all, NULL) != napi_ok)
		free(held);
}

/* The word with the bit of the descriptor; NULL where there is none. */
static uint64_t *word_of(napi_env env, int fd, bool grow)
{
	size_t index = (size_t)fd / WORD_BITS;
	struct descriptors *held;
	uint64_t *words;

	if (fd < 0 || napi_get_instance_data(env, (void **)&held) != napi_ok || !held)
		return NULL;
	if (index < held->count)
		return &held->words[index];
	words = grow ? realloc(held->words, (index + 1) * sizeof(*words)) : NULL;
	if (!words)
		return NULL;
	memset(words + held->count, 0, (index + 1 - held->count) * sizeof(*words));
	held->words = words;
	held->count = index + 1;
	return &words[index];
}

static uint64_t bit_of(int fd)
{
	return UINT64_C(1) << (fd % WORD_BITS);
}

static void hold(napi_env env, int fd)
{
	uint64_t *word = word_of(env, fd, true);

	if (word)
		*word |= bit_of(fd);
}

void descriptor_forget(napi_env env, int fd)
{
	uint64_t *word = word_of(env, fd, false);

	if (word)
		*word &= ~bit_of(fd);
}

napi_value make_descriptor(napi_env env, int fd)
{
	hold(env, fd);
	return make_int(env, fd);
}

void set_descriptor(napi_env env, napi_value object, const char *name, int fd)
{
	set_value(env, object, name, make_descriptor(env, fd));
}

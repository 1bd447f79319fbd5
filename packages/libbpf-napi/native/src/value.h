/* Between JavaScript values and C. */
#pragma once
#include <limits.h>
#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The memory of a typed array; valid until JavaScript runs again. */
struct bytes {
	void *data;
	size_t size;
};

/* A path or a name. Empty when the argument was left out. */
struct text {
	char data[PATH_MAX];
};

/*
 * Reads the arguments of a call, one letter and one pointer each. Throws a TypeError and returns
 * false when one does not fit.
 *
 *   i  int32_t             u  uint32_t           q  uint64_t, from a BigInt     t  bool
 *   b  struct bytes        s  struct text        v  napi_value, whatever it is
 *   o  struct object *     r  struct ring *      l  struct attached *
 *   p  struct perf *       w  struct user_ring *
 *
 * Capital B and S may be undefined: no bytes, an empty text.
 */
bool read_arguments(napi_env env, napi_callback_info info, const char *format, ...);

/* Reads a string; throws and returns false when it is none, or too long. */
bool read_text(napi_env env, napi_value value, struct text *text);

/* The results are NULL only while the environment is being torn down; JavaScript then runs no more. */
napi_value make_int(napi_env env, int64_t value);
napi_value make_bigint(napi_env env, uint64_t value);
napi_value make_bool(napi_env env, bool value);
napi_value make_string(napi_env env, const char *text, size_t length);
napi_value make_object(napi_env env);
napi_value make_bytes(napi_env env, const void *data, size_t size);
napi_value make_u32_array(napi_env env, const uint32_t *values, size_t count);

void set_value(napi_env env, napi_value object, const char *name, napi_value value);
void set_int(napi_env env, napi_value object, const char *name, int64_t value);
void set_bigint(napi_env env, napi_value object, const char *name, uint64_t value);
void set_bool(napi_env env, napi_value object, const char *name, bool value);
void set_string(napi_env env, napi_value object, const char *name, const char *text);

/* Marks what kind of thing an external value points to. */
extern const napi_type_tag object_tag;
extern const napi_type_tag ring_tag;
extern const napi_type_tag attached_tag;
extern const napi_type_tag perf_tag;
extern const napi_type_tag user_ring_tag;

/* An external value of the given kind; `finalize` runs when JavaScript lost it. */
napi_value make_external(napi_env env, const napi_type_tag *tag, void *data,
			 void (*finalize)(void *data));

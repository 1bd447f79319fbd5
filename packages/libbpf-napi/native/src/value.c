#include "value.h"
#include <stdarg.h>
#include <string.h>

#define MAX_ARGUMENTS 11

const napi_type_tag object_tag = {0x6c69626270662d6eULL, 1};
const napi_type_tag ring_tag = {0x6c69626270662d6eULL, 2};
const napi_type_tag attached_tag = {0x6c69626270662d6eULL, 3};
const napi_type_tag perf_tag = {0x6c69626270662d6eULL, 5};
const napi_type_tag user_ring_tag = {0x6c69626270662d6eULL, 4};

static bool is_undefined(napi_env env, napi_value value)
{
	napi_valuetype type;

	return napi_typeof(env, value, &type) == napi_ok && type == napi_undefined;
}

bool read_text(napi_env env, napi_value value, struct text *text)
{
	size_t length;

	if (napi_get_value_string_utf8(env, value, NULL, 0, &length) != napi_ok) {
		napi_throw_type_error(env, NULL, "an argument is not a string");
		return false;
	}
	if (length >= sizeof(text->data)) {
		napi_throw_type_error(env, NULL, "an argument is longer than PATH_MAX");
		return false;
	}
	return napi_get_value_string_utf8(env, value, text->data, sizeof(text->data), &length) ==
	       napi_ok;
}

static bool read_bytes(napi_env env, napi_value value, struct bytes *bytes)
{
	napi_typedarray_type type;

	return napi_get_typedarray_info(env, value, &type, &bytes->size, &bytes->data, NULL,
					NULL) == napi_ok &&
	       type == napi_uint8_array;
}

static bool read_u64(napi_env env, napi_value value, uint64_t *number)
{
	bool lossless;

	return napi_get_value_bigint_uint64(env, value, number, &lossless) == napi_ok && lossless;
}

static bool read_external(napi_env env, napi_value value, const napi_type_tag *tag, void **data)
{
	bool matches;

	return napi_check_object_type_tag(env, value, tag, &matches) == napi_ok && matches &&
	       napi_get_value_external(env, value, data) == napi_ok;
}

static bool read_argument(napi_env env, napi_value value, char letter, void *target)
{
	switch (letter) {
	case 'i':
		return napi_get_value_int32(env, value, target) == napi_ok;
	case 'u':
		return napi_get_value_uint32(env, value, target) == napi_ok;
	case 'q':
		return read_u64(env, value, target);
	case 't':
		return napi_get_value_bool(env, value, target) == napi_ok;
	case 'b':
		return read_bytes(env, value, target);
	case 's':
		return read_text(env, value, target);
	case 'v':
		*(napi_value *)target = value;
		return true;
	case 'o':
		return read_external(env, value, &object_tag, target);
	case 'r':
		return read_external(env, value, &ring_tag, target);
	case 'l':
		return read_external(env, value, &attached_tag, target);
	case 'p':
		return read_external(env, value, &perf_tag, target);
	case 'w':
		return read_external(env, value, &user_ring_tag, target);
	default:
		return false;
	}
}

static bool read_optional(napi_env env, napi_value value, char letter, void *target)
{
	if (!is_undefined(env, value))
		return read_argument(env, value, letter == 'B' ? 'b' : 's', target);
	if (letter == 'B')
		*(struct bytes *)target = (struct bytes){};
	else
		((struct text *)target)->data[0] = '\0';
	return true;
}

bool read_arguments(napi_env env, napi_callback_info info, const char *format, ...)
{
	napi_value values[MAX_ARGUMENTS];
	size_t count = MAX_ARGUMENTS;
	bool pending = false, fits = true;
	va_list targets;

	if (napi_get_cb_info(env, info, &count, values, NULL, NULL) != napi_ok)
		return false;
	va_start(targets, format);
	for (size_t i = 0; fits && format[i]; i++) {
		void *target = va_arg(targets, void *);

		fits = format[i] == 'B' || format[i] == 'S'
			       ? read_optional(env, values[i], format[i], target)
			       : read_argument(env, values[i], format[i], target);
	}
	va_end(targets);
	if (!fits && napi_is_exception_pending(env, &pending) == napi_ok && !pending)
		napi_throw_type_error(env, NULL, "an argument has the wrong type");
	return fits;
}

napi_value make_int(napi_env env, int64_t value)
{
	napi_value result = NULL;

	napi_create_int64(env, value, &result);
	return result;
}

napi_value make_bigint(napi_env env, uint64_t value)
{
	napi_value result = NULL;

	napi_create_bigint_uint64(env, value, &result);
	return result;
}

napi_value make_bool(napi_env env, bool value)
{
	napi_value result = NULL;

	napi_get_boolean(env, value, &result);
	return result;
}

napi_value make_string(napi_env env, const char *text, size_t length)
{
	napi_value result = NULL;

	napi_create_string_utf8(env, text, length, &result);
	return result;
}

napi_value make_object(napi_env env)
{
	napi_value result = NULL;

	napi_create_object(env, &result);
	return result;
}

napi_value make_bytes(napi_env env, const void *data, size_t size)
{
	napi_value buffer, result = NULL;
	void *target;

	if (napi_create_arraybuffer(env, size, &target, &buffer) != napi_ok)
		return NULL;
	if (size)
		memcpy(target, data, size);
	napi_create_typedarray(env, napi_uint8_array, size, buffer, 0, &result);
	return result;
}

napi_value make_u32_array(napi_env env, const uint32_t *values, size_t count)
{
	napi_value buffer, result = NULL;
	void *target;

	if (napi_create_arraybuffer(env, count * sizeof(*values), &target, &buffer) != napi_ok)
		return NULL;
	if (count)
		memcpy(target, values, count * sizeof(*values));
	napi_create_typedarray(env, napi_uint32_array, count, buffer, 0, &result);
	return result;
}

void set_value(napi_env env, napi_value object, const char *name, napi_value value)
{
	if (object && value)
		napi_set_named_property(env, object, name, value);
}

void set_int(napi_env env, napi_value object, const char *name, int64_t value)
{
	set_value(env, object, name, make_int(env, value));
}

void set_bigint(napi_env env, napi_value object, const char *name, uint64_t value)
{
	set_value(env, object, name, make_bigint(env, value));
}

void set_bool(napi_env env, napi_value object, const char *name, bool value)
{
	set_value(env, object, name, make_bool(env, value));
}

void set_string(napi_env env, napi_value object, const char *name, const char *text)
{
	set_value(env, object, name, make_string(env, text ? text : "", NAPI_AUTO_LENGTH));
}

static void finalize_external(napi_env env, void *data, void *hint)
{
	void (*finalize)(void *data) = hint;

	(void)env;
	finalize(data);
}

napi_value make_external(napi_env env, const napi_type_tag *tag, void *data,
			 void (*finalize)(void *data))
{
	napi_value result = NULL;

	if (napi_create_external(env, data, finalize_external, finalize, &result) != napi_ok) {
		finalize(data);
		return NULL;
	}
	napi_type_tag_object(env, result, tag);
	return result;
}

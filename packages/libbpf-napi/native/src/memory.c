/* Memory of maps that JavaScript shares with programs. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>
#include "exports.h"
#include "value.h"

/* Runs when nothing in JavaScript refers to the memory any more. */
static void unmap(napi_env env, void *data, void *hint)
{
	(void)env;
	munmap(data, (size_t)(uintptr_t)hint);
}

/*
 * memoryMap(fd, size): an ArrayBuffer, or -errno. It is unmapped when it is detached, or collected;
 * a copy of the reference that was moved elsewhere keeps it mapped.
 */
napi_value memory_map(napi_env env, napi_callback_info info)
{
	napi_value buffer;
	uint32_t size;
	int32_t fd;
	void *data;

	if (!read_arguments(env, info, "iu", &fd, &size))
		return NULL;
	data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (data == MAP_FAILED)
		return make_int(env, -errno);
	if (napi_create_external_arraybuffer(env, data, size, unmap, (void *)(uintptr_t)size,
					     &buffer) == napi_ok)
		return buffer;
	munmap(data, size);
	return make_int(env, -ENOMEM);
}

/* memoryRelease(buffer): takes the memory away from JavaScript, where every view of it is empty then */
napi_value memory_release(napi_env env, napi_callback_info info)
{
	napi_value buffer;

	if (read_arguments(env, info, "v", &buffer))
		napi_detach_arraybuffer(env, buffer);
	return NULL;
}

/* memoryAddress(buffer): where it lies, a BigInt */
napi_value memory_address(napi_env env, napi_callback_info info)
{
	napi_value buffer;
	void *data = NULL;
	size_t size;

	if (!read_arguments(env, info, "v", &buffer))
		return NULL;
	napi_get_arraybuffer_info(env, buffer, &data, &size);
	return make_bigint(env, (uintptr_t)data);
}

/* pageSize(): bytes */
napi_value page_size(napi_env env, napi_callback_info info)
{
	(void)info;
	return make_int(env, sysconf(_SC_PAGE_SIZE));
}

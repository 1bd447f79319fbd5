/* Descriptors and their names in the BPF file system. */
#include <bpf/bpf.h>
#include <errno.h>
#include <sys/mount.h>
#include <unistd.h>
#include "descriptors.h"
#include "exports.h"
#include "value.h"

/* fdPin(fd, path): 0 or -errno */
napi_value fd_pin(napi_env env, napi_callback_info info)
{
	struct text path;
	int32_t fd;

	if (!read_arguments(env, info, "is", &fd, &path))
		return NULL;
	return make_int(env, bpf_obj_pin(fd, path.data));
}

/* fdFromPin(path): a descriptor, or -errno */
napi_value fd_from_pin(napi_env env, napi_callback_info info)
{
	struct text path;

	if (!read_arguments(env, info, "s", &path))
		return NULL;
	return make_descriptor(env, bpf_obj_get(path.data));
}

/* fdClose(fd): 0 or -errno */
napi_value fd_close(napi_env env, napi_callback_info info)
{
	int32_t fd;

	if (!read_arguments(env, info, "i", &fd))
		return NULL;
	descriptor_forget(env, fd);
	return make_int(env, close(fd) ? -errno : 0);
}

/* mountBpffs(path): 0 or -errno */
napi_value mount_bpffs(napi_env env, napi_callback_info info)
{
	struct text path;

	if (!read_arguments(env, info, "s", &path))
		return NULL;
	return make_int(
		env, mount("bpf", path.data, "bpf", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=0700")
			     ? -errno
			     : 0);
}

/* Descriptors of processes, which task storage is keyed by. */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "descriptors.h"
#include "exports.h"
#include "value.h"

/* taskOpen(pid): a descriptor, or -errno */
napi_value task_open(napi_env env, napi_callback_info info)
{
	int32_t pid;
	long fd;

	if (!read_arguments(env, info, "i", &pid))
		return NULL;
	fd = syscall(SYS_pidfd_open, pid, 0);
	return make_descriptor(env, fd < 0 ? -errno : fd);
}

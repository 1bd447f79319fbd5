/* Events of the kernel's performance counters. */
#include <errno.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "descriptors.h"
#include "exports.h"
#include "value.h"

/*
 * perfEventOpen(type, config, period, frequency, process, cpu): a descriptor, or -errno; `period` is
 * a number per second when `frequency` is true
 */
napi_value perf_event_open(napi_env env, napi_callback_info info)
{
	struct perf_event_attr attr = {.size = sizeof(attr)};
	uint64_t config, period;
	int32_t process, cpu;
	bool frequency;
	uint32_t type;
	int fd;

	if (!read_arguments(env, info, "uqqtii", &type, &config, &period, &frequency, &process,
			    &cpu))
		return NULL;
	attr.type = type;
	attr.config = config;
	attr.freq = frequency;
	attr.sample_period = period;
	fd = syscall(SYS_perf_event_open, &attr, process, cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return make_descriptor(env, fd < 0 ? -errno : fd);
}

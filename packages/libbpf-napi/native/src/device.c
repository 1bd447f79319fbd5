#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include "exports.h"
#include "job.h"

struct device_job {
	struct job job;
	struct text name;
	uint32_t ifindex;
};

static int device_run(struct job *job)
{
	struct device_job *device = (struct device_job *)job;

	device->ifindex = if_nametoindex(device->name.data);
	return device->ifindex ? 0 : -errno;
}

static void device_report(napi_env env, struct job *job, napi_value result)
{
	set_int(env, result, "ifindex", ((struct device_job *)job)->ifindex);
}

/* deviceIndex(name, netns?): Promise<{ ifindex }> */
napi_value device_index(napi_env env, napi_callback_info info)
{
	struct device_job *device = calloc(1, sizeof(*device));

	if (!device)
		return NULL;
	if (!read_arguments(env, info, "sS", &device->name, &device->job.netns)) {
		free(device);
		return NULL;
	}
	device->job.run = device_run;
	device->job.report = device_report;
	return job_start(env, &device->job);
}

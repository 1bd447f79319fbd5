#include <bpf/libbpf.h>
#include <pthread.h>
#include "descriptors.h"
#include "exports.h"
#include "log.h"
#include "value.h"

/* Changes with every function's arguments or result; the same number stands in src/addon.ts. */
#define INTERFACE_VERSION 7

static const struct {
	const char *name;
	napi_callback function;
} functions[] = {
	{"objectOpen", object_open},
	{"objectLoad", object_load},
	{"objectClose", object_close},
	{"objectMaps", object_maps},
	{"objectPrograms", object_programs},
	{"objectResizeMap", object_resize_map},
	{"objectReuseMap", object_reuse_map},
	{"objectAutoload", object_autoload},
	{"objectWriteVariable", object_write_variable},
	{"objectMapFd", object_map_fd},
	{"objectProgramFd", object_program_fd},
	{"possibleCpus", possible_cpus},
	{"mapCreate", map_create},
	{"mapLookup", map_lookup},
	{"mapUpdate", map_update},
	{"mapDelete", map_delete},
	{"mapFreeze", map_freeze},
	{"mapInfo", map_info},
	{"mapRead", map_read},
	{"mapUpdateMany", map_update_many},
	{"mapDeleteMany", map_delete_many},
	{"btfData", btf_data},
	{"mapTake", map_take},
	{"mapPush", map_push},
	{"mapPeek", map_peek},
	{"mapCreateWith", map_create_with},
	{"mapById", map_by_id},
	{"probeMapType", probe_map_type},
	{"socketProgram", socket_program},
	{"taskOpen", task_open},
	{"memoryMap", memory_map},
	{"memoryRelease", memory_release},
	{"objectAutocreate", object_autocreate},
	{"objectDevice", object_device},
	{"perfOpen", perf_open},
	{"perfWatch", perf_watch},
	{"perfRead", perf_read},
	{"perfClose", perf_close},
	{"userRingOpen", user_ring_open},
	{"userRingReserve", user_ring_reserve},
	{"userRingSubmit", user_ring_submit},
	{"userRingClose", user_ring_close},
	{"objectArena", object_arena},
	{"memoryAddress", memory_address},
	{"pageSize", page_size},
	{"programLoad", program_load},
	{"programTestRun", program_test_run},
	{"programTestRuns", program_test_runs},
	{"programInfo", program_info},
	{"programById", program_by_id},
	{"linkCreate", link_create},
	{"linkUpdate", link_update},
	{"linkDetach", link_detach},
	{"linkClose", link_close},
	{"linkInfo", link_info},
	{"deviceIndex", device_index},
	{"deviceQuery", device_query},
	{"fdPin", fd_pin},
	{"fdFromPin", fd_from_pin},
	{"fdClose", fd_close},
	{"mountBpffs", mount_bpffs},
	{"probeHelperNames", probe_helper_names},
	{"probeTypes", probe_types},
	{"probeHelpers", probe_helpers},
	{"kernelEnum", kernel_enum},
	{"linkObjects", link_objects},
	{"ringOpen", ring_open},
	{"ringWatch", ring_watch},
	{"ringRead", ring_read},
	{"ringClose", ring_close},
	{"idAfter", id_after},
	{"fdOfId", fd_of_id},
	{"btfInfo", btf_info},
	{"enableStats", enable_stats},
	{"hookQuery", hook_query},
	{"programAttach", program_attach},
	{"iteratorLink", iterator_link},
	{"iteratorOpen", iterator_open},
	{"netfilterLink", netfilter_link},
	{"linkProbe", link_probe},
	{"tracingProbe", tracing_probe},
	{"objectAttach", object_attach},
	{"objectAttachMap", object_attach_map},
	{"objectAttachTarget", object_attach_target},
	{"attachedClose", attached_close},
	{"perfEventOpen", perf_event_open},
	{"tcFilter", tc_filter},
	{"tcQuery", tc_query},
};

/* Worker threads load the addon each for itself, into one process. */
static pthread_once_t once = PTHREAD_ONCE_INIT;

NAPI_MODULE_INIT()
{
	pthread_once(&once, log_install);
	descriptors_install(env);
	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		napi_value function;

		if (napi_create_function(env, functions[i].name, NAPI_AUTO_LENGTH,
					 functions[i].function, NULL, &function) == napi_ok)
			set_value(env, exports, functions[i].name, function);
	}
	set_int(env, exports, "interfaceVersion", INTERFACE_VERSION);
	set_string(env, exports, "libbpfVersion", libbpf_version_string());
	return exports;
}

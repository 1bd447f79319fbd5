/* What JavaScript can call. Each function's arguments and result stand above its definition. */
#pragma once
#include <node_api.h>

napi_value object_open(napi_env env, napi_callback_info info);
napi_value object_load(napi_env env, napi_callback_info info);
napi_value object_close(napi_env env, napi_callback_info info);
napi_value object_maps(napi_env env, napi_callback_info info);
napi_value object_programs(napi_env env, napi_callback_info info);
napi_value object_resize_map(napi_env env, napi_callback_info info);
napi_value object_reuse_map(napi_env env, napi_callback_info info);
napi_value object_autoload(napi_env env, napi_callback_info info);
napi_value object_write_variable(napi_env env, napi_callback_info info);
napi_value object_map_fd(napi_env env, napi_callback_info info);
napi_value object_program_fd(napi_env env, napi_callback_info info);

napi_value possible_cpus(napi_env env, napi_callback_info info);
napi_value map_create(napi_env env, napi_callback_info info);
napi_value map_lookup(napi_env env, napi_callback_info info);
napi_value map_update(napi_env env, napi_callback_info info);
napi_value map_delete(napi_env env, napi_callback_info info);
napi_value map_freeze(napi_env env, napi_callback_info info);
napi_value map_info(napi_env env, napi_callback_info info);
napi_value map_read(napi_env env, napi_callback_info info);
napi_value map_update_many(napi_env env, napi_callback_info info);
napi_value map_delete_many(napi_env env, napi_callback_info info);
napi_value btf_data(napi_env env, napi_callback_info info);
napi_value map_take(napi_env env, napi_callback_info info);
napi_value map_push(napi_env env, napi_callback_info info);
napi_value map_peek(napi_env env, napi_callback_info info);
napi_value map_create_with(napi_env env, napi_callback_info info);
napi_value map_by_id(napi_env env, napi_callback_info info);
napi_value probe_map_type(napi_env env, napi_callback_info info);
napi_value socket_program(napi_env env, napi_callback_info info);
napi_value task_open(napi_env env, napi_callback_info info);
napi_value memory_map(napi_env env, napi_callback_info info);
napi_value memory_release(napi_env env, napi_callback_info info);
napi_value object_autocreate(napi_env env, napi_callback_info info);
napi_value object_device(napi_env env, napi_callback_info info);
napi_value perf_open(napi_env env, napi_callback_info info);
napi_value perf_watch(napi_env env, napi_callback_info info);
napi_value perf_read(napi_env env, napi_callback_info info);
napi_value perf_close(napi_env env, napi_callback_info info);
napi_value user_ring_open(napi_env env, napi_callback_info info);
napi_value user_ring_reserve(napi_env env, napi_callback_info info);
napi_value user_ring_submit(napi_env env, napi_callback_info info);
napi_value user_ring_close(napi_env env, napi_callback_info info);
napi_value object_arena(napi_env env, napi_callback_info info);
napi_value memory_address(napi_env env, napi_callback_info info);
napi_value page_size(napi_env env, napi_callback_info info);

napi_value program_load(napi_env env, napi_callback_info info);
napi_value program_test_run(napi_env env, napi_callback_info info);
napi_value program_test_runs(napi_env env, napi_callback_info info);
napi_value program_info(napi_env env, napi_callback_info info);
napi_value program_by_id(napi_env env, napi_callback_info info);

napi_value link_create(napi_env env, napi_callback_info info);
napi_value link_update(napi_env env, napi_callback_info info);
napi_value link_detach(napi_env env, napi_callback_info info);
napi_value link_close(napi_env env, napi_callback_info info);
napi_value link_info(napi_env env, napi_callback_info info);
napi_value device_index(napi_env env, napi_callback_info info);
napi_value device_query(napi_env env, napi_callback_info info);

napi_value fd_pin(napi_env env, napi_callback_info info);
napi_value fd_from_pin(napi_env env, napi_callback_info info);
napi_value fd_close(napi_env env, napi_callback_info info);
napi_value mount_bpffs(napi_env env, napi_callback_info info);

napi_value probe_helper_names(napi_env env, napi_callback_info info);
napi_value probe_types(napi_env env, napi_callback_info info);
napi_value probe_helpers(napi_env env, napi_callback_info info);
napi_value kernel_enum(napi_env env, napi_callback_info info);

napi_value link_objects(napi_env env, napi_callback_info info);

napi_value ring_open(napi_env env, napi_callback_info info);
napi_value ring_watch(napi_env env, napi_callback_info info);
napi_value ring_read(napi_env env, napi_callback_info info);
napi_value ring_close(napi_env env, napi_callback_info info);

/* Links and walking, beyond the above. */
napi_value id_after(napi_env env, napi_callback_info info);
napi_value fd_of_id(napi_env env, napi_callback_info info);
napi_value btf_info(napi_env env, napi_callback_info info);
napi_value enable_stats(napi_env env, napi_callback_info info);
napi_value hook_query(napi_env env, napi_callback_info info);
napi_value program_attach(napi_env env, napi_callback_info info);
napi_value iterator_link(napi_env env, napi_callback_info info);
napi_value iterator_open(napi_env env, napi_callback_info info);
napi_value netfilter_link(napi_env env, napi_callback_info info);
napi_value link_probe(napi_env env, napi_callback_info info);
napi_value tracing_probe(napi_env env, napi_callback_info info);
napi_value object_attach(napi_env env, napi_callback_info info);
napi_value object_attach_map(napi_env env, napi_callback_info info);
napi_value object_attach_target(napi_env env, napi_callback_info info);
napi_value attached_close(napi_env env, napi_callback_info info);
napi_value perf_event_open(napi_env env, napi_callback_info info);
napi_value tc_filter(napi_env env, napi_callback_info info);
napi_value tc_query(napi_env env, napi_callback_info info);

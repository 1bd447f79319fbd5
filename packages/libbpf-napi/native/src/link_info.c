#include "link_info.h"
#include <bpf/bpf.h>
#include "value.h"

static void describe_tracing(napi_env env, napi_value result, const struct bpf_link_info *link)
{
	set_int(env, result, "attachType", link->tracing.attach_type);
	set_int(env, result, "targetId", link->tracing.target_obj_id);
	set_int(env, result, "targetBtfId", link->tracing.target_btf_id);
}

static void describe_netfilter(napi_env env, napi_value result, const struct bpf_link_info *link)
{
	set_int(env, result, "family", link->netfilter.pf);
	set_int(env, result, "netfilterHook", link->netfilter.hooknum);
	set_int(env, result, "priority", link->netfilter.priority);
	set_int(env, result, "flags", link->netfilter.flags);
}

static void describe_netns(napi_env env, napi_value result, const struct bpf_link_info *link)
{
	set_int(env, result, "netnsInode", link->netns.netns_ino);
	set_int(env, result, "attachType", link->netns.attach_type);
}

static void describe_sockmap(napi_env env, napi_value result, const struct bpf_link_info *link)
{
	set_int(env, result, "mapId", link->sockmap.map_id);
	set_int(env, result, "attachType", link->sockmap.attach_type);
}

/* Names are written to where the question points. */
static bool ask_with_name(int fd, struct bpf_link_info *link, char *name, uint32_t length)
{
	uint32_t size = sizeof(*link), type = link->type;

	*link = (struct bpf_link_info){};
	if (type == BPF_LINK_TYPE_RAW_TRACEPOINT) {
		link->raw_tracepoint.tp_name = (uintptr_t)name;
		link->raw_tracepoint.tp_name_len = length;
	} else if (type == BPF_LINK_TYPE_ITER) {
		link->iter.target_name = (uintptr_t)name;
		link->iter.target_name_len = length;
	} else if (type == BPF_LINK_TYPE_UPROBE_MULTI) {
		link->uprobe_multi.path = (uintptr_t)name;
		link->uprobe_multi.path_size = length;
	} else {
		/* The kinds of events have their names at the same place. */
		link->perf_event.uprobe.file_name = (uintptr_t)name;
		link->perf_event.uprobe.name_len = length;
	}
	return !bpf_link_get_info_by_fd(fd, link, &size);
}

static void describe_perf_event(napi_env env, napi_value result, const struct bpf_link_info *link)
{
	set_int(env, result, "event", link->perf_event.type);
	if (link->perf_event.type == BPF_PERF_EVENT_UPROBE ||
	    link->perf_event.type == BPF_PERF_EVENT_URETPROBE)
		set_int(env, result, "offset", link->perf_event.uprobe.offset);
}

static void describe_named(napi_env env, napi_value result, int fd, struct bpf_link_info link)
{
	char name[PATH_MAX] = "";

	if (!ask_with_name(fd, &link, name, sizeof(name)))
		return;
	set_string(env, result, "name", name);
	if (link.type == BPF_LINK_TYPE_PERF_EVENT)
		describe_perf_event(env, result, &link);
	else if (link.type == BPF_LINK_TYPE_ITER)
		set_int(env, result, "mapId", link.iter.map.map_id);
	else if (link.type == BPF_LINK_TYPE_UPROBE_MULTI)
		set_int(env, result, "count", link.uprobe_multi.count);
}

void describe_link_target(napi_env env, napi_value result, int fd, const struct bpf_link_info *link)
{
	switch (link->type) {
	case BPF_LINK_TYPE_TRACING:
		describe_tracing(env, result, link);
		break;
	case BPF_LINK_TYPE_NETFILTER:
		describe_netfilter(env, result, link);
		break;
	case BPF_LINK_TYPE_NETNS:
		describe_netns(env, result, link);
		break;
	case BPF_LINK_TYPE_SOCKMAP:
		describe_sockmap(env, result, link);
		break;
	case BPF_LINK_TYPE_STRUCT_OPS:
		set_int(env, result, "mapId", link->struct_ops.map_id);
		break;
	case BPF_LINK_TYPE_KPROBE_MULTI:
		set_int(env, result, "count", link->kprobe_multi.count);
		break;
	case BPF_LINK_TYPE_RAW_TRACEPOINT:
	case BPF_LINK_TYPE_ITER:
	case BPF_LINK_TYPE_PERF_EVENT:
	case BPF_LINK_TYPE_UPROBE_MULTI:
		describe_named(env, result, fd, *link);
		break;
	}
}

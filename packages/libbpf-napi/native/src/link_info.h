/* What the kernel says of a link beyond its type and program. */
#pragma once
#include <linux/bpf.h>
#include <node_api.h>

/* Adds what is particular to the type of the link, whose information `link` is, to `result`. */
void describe_link_target(napi_env env, napi_value result, int fd,
			  const struct bpf_link_info *link);

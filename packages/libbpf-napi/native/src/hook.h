/* Hooks that libbpf has no function for. */
#pragma once
#include <stdint.h>

/*
 * A link of a program to a cgroup at a place among others, which Linux 6.17 has and libbpf 1.5 not
 * yet. Returns a descriptor, or a negative error number.
 */
int cgroup_link_create(int program, int cgroup, uint32_t attach_type, uint32_t flags,
		       uint32_t relative_id, uint64_t revision);

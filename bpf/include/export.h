/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_EXPORT_H
#define HEDDLE_EXPORT_H

/*
 * Marks for bpf2ts, which turns a compiled object into TypeScript. They live in the object's
 * type information (BTF) alone: no program is longer, no map larger for them.
 */

/*
 * The package that a map belongs to, which is the only one that writes it:
 *
 *	} endpoints SEC(".maps") OWNER("endpoint");
 */
#define OWNER(package) __attribute__((btf_decl_tag("owner:" package)))

/*
 * The type of the events in a ring buffer, as a member of its definition:
 *
 *	struct {
 *		__uint(type, BPF_MAP_TYPE_RINGBUF);
 *		__uint(max_entries, 1 << 20);
 *		EVENT(struct packet_event);
 *	} drop_events SEC(".maps") OWNER("datapath");
 *
 * A ring buffer has no values, which is what libbpf reads here: a value size of 0, the length of an
 * array. The element of that array is free, and it is what keeps the type in BTF.
 */
#define EVENT(type) type(*value_size)[0]

/*
 * A struct or enum that no map leads to, for the package that needs it:
 *
 *	EXPORT(enum hook, "datapath");
 *
 * The pointer stands in a section that libbpf does not load.
 */
#define EXPORT(type, package)                 \
	static type *EXPORT_NAME(__COUNTER__) \
		__attribute__((section(".export"), used)) OWNER(package)
#define EXPORT_NAME(number) EXPORT_NAME_(number)
#define EXPORT_NAME_(number) export_##number

/* A `char` array that holds a C string. Bytes that are no text are `__u8`. */
#define TEXT __attribute__((btf_decl_tag("text")))

#endif

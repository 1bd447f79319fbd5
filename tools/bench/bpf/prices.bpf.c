// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What one step of a BPF program costs on this machine. Each program takes its step 8 times and returns how
 * often that did what it should; `nothing` is to be subtracted.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define EIGHT_TIMES(step) step step step step step step step step

/* A program that begins with `setup` and takes `step` eight times; a step adds to `done`. */
#define PRICE(name, setup, step)                                \
	SEC("tc")                                               \
	int name(struct __sk_buff *skb __attribute__((unused))) \
	{                                                       \
		__u32 done = 0;                                 \
		setup;                                          \
		EIGHT_TIMES(step)                               \
		return done;                                    \
	}

#define MAP(name, kind, key, value, entries, flags) \
	struct {                                    \
		__uint(type, BPF_MAP_TYPE_##kind);  \
		__uint(max_entries, entries);       \
		__uint(key_size, key);              \
		__uint(value_size, value);          \
		__uint(map_flags, flags);           \
	} name SEC(".maps")

/* Entries that user space fills in, with keys that begin with a number below. */
#define FILLED 1024

MAP(array, ARRAY, 4, 64, FILLED, 0);
MAP(percpu_array, PERCPU_ARRAY, 4, 64, FILLED, 0);
MAP(hash_4, HASH, 4, 64, 65536, 0);
MAP(hash_16, HASH, 16, 64, 65536, 0);
MAP(hash_40, HASH, 40, 64, 65536, 0);
MAP(lru_16, LRU_HASH, 16, 64, 65536, 0);
MAP(lru_40, LRU_HASH, 40, 64, 65536, 0);
MAP(lru_full, LRU_HASH, 40, 64, 1024, 0);
MAP(lpm_8, LPM_TRIE, 8, 64, 65536, BPF_F_NO_PREALLOC);
MAP(lpm_20, LPM_TRIE, 20, 64, 65536, BPF_F_NO_PREALLOC);
MAP(steps, PROG_ARRAY, 4, 4, 16, 0);

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} ring SEC(".maps");

PRICE(nothing, , done += 1;)
PRICE(ktime, , done += bpf_ktime_get_ns() != 0;)
PRICE(ktime_coarse, , done += bpf_ktime_get_coarse_ns() != 0;)
PRICE(jiffies, , done += bpf_jiffies64() != 0;)
PRICE(random, __u64 bits = 0, bits |= bpf_get_prandom_u32(); done += bits != 0;)
PRICE(cpu_number, , done += bpf_get_smp_processor_id() < 4096;)
PRICE(packet_hash, , done += bpf_get_hash_recalc(skb) != 0;)
PRICE(load_bytes, __u64 bytes, done += !bpf_skb_load_bytes(skb, 14, &bytes, sizeof(bytes));)
PRICE(store_bytes, __u32 bytes = 0, done += !bpf_skb_store_bytes(skb, 30, &bytes, 4, 0);)
PRICE(pull_data, , done += !bpf_skb_pull_data(skb, 34);)
PRICE(checksum_l3, , done += !bpf_l3_csum_replace(skb, 24, 1, 2, 4);)
PRICE(checksum_l4, , done += !bpf_l4_csum_replace(skb, 50, 1, 2, 4 | BPF_F_PSEUDO_HDR);)
PRICE(redirect, , done += bpf_redirect(1, 0) == 7;)
PRICE(redirect_peer, , done += bpf_redirect_peer(1, 0) == 7;)

#define LOOKUP(map, key_size)                                              \
	PRICE(look_##map, __u32 key[(key_size) / 4] = {};                  \
	      __u32 next = skb->mark, key[0] = next % FILLED; next += 127; \
	      done += !!bpf_map_lookup_elem(&map, key);)

LOOKUP(array, 4)
LOOKUP(percpu_array, 4)
LOOKUP(hash_4, 4)
LOOKUP(hash_16, 16)
LOOKUP(hash_40, 40)
LOOKUP(lru_16, 16)
LOOKUP(lru_40, 40)

PRICE(miss_hash_40, __u32 key[10] = {}; __u32 next = skb->mark; key[9] = 1, key[0] = next % FILLED;
      next += 127; done += !bpf_map_lookup_elem(&hash_40, key);)

#define LPM(map, words)                                                    \
	PRICE(look_##map, __u32 key[(words) + 1] = {(words) * 32};         \
	      __u32 next = skb->mark, key[1] = next % FILLED; next += 127; \
	      done += !!bpf_map_lookup_elem(&map, key);)

LPM(lpm_8, 1)
LPM(lpm_20, 4)

#define UPDATE(map, key_size)                                                 \
	PRICE(set_##map, __u32 key[(key_size) / 4] = {}; __u8 value[64] = {}; \
	      __u32 next = skb->mark, key[0] = next % FILLED; next += 127;    \
	      done += !bpf_map_update_elem(&map, key, value, BPF_ANY);)

UPDATE(hash_16, 16)
UPDATE(hash_40, 40)
UPDATE(lru_40, 40)

PRICE(insert_lru_full, __u32 key[10] = {}; __u8 value[64] = {}, key[1] = bpf_get_prandom_u32();
      done += !bpf_map_update_elem(&lru_full, key, value, BPF_ANY);)

/* Nobody reads: after the first few it is full, and an event that does not fit is what is measured. */
PRICE(ring_full, __u8 event[32] = {},
      done += bpf_ringbuf_output(&ring, event, sizeof(event), BPF_RB_NO_WAKEUP) != 0;)

__u64 total;

PRICE(add, volatile __u64 *sum = &total, *sum += 1; done += 1;)
PRICE(add_atomic, , __sync_fetch_and_add(&total, 1); done += 1;)

static __noinline __u32 own_function(struct __sk_buff *skb, __u32 number)
{
	return skb->len + number;
}

PRICE(call_static, , done += own_function(skb, done) > done;)

__noinline __u32 global_function(struct __sk_buff *skb, __u32 number)
{
	return skb->len + number;
}

PRICE(call_global, , done += global_function(skb, done) > done;)

/* From one program to the next, until the one at place 8. */
#define TAIL_STEP(name, next)                     \
	SEC("tc")                                 \
	int name(struct __sk_buff *skb)           \
	{                                         \
		bpf_tail_call(skb, &steps, next); \
		return 0;                         \
	}

TAIL_STEP(tail_call, 1)
TAIL_STEP(tail_1, 2)
TAIL_STEP(tail_2, 3)
TAIL_STEP(tail_3, 4)
TAIL_STEP(tail_4, 5)
TAIL_STEP(tail_5, 6)
TAIL_STEP(tail_6, 7)
TAIL_STEP(tail_7, 8)

SEC("tc")
int tail_8(struct __sk_buff *skb __attribute__((unused)))
{
	return 8;
}

/* From one pod of the node to one of another node. */
static __always_inline long ask_route(struct __sk_buff *skb)
{
	struct bpf_fib_lookup fib = {.family = 2, .ifindex = skb->ifindex, .tot_len = 1};

	fib.ipv4_src = bpf_htonl(0x0af40101);
	fib.ipv4_dst = bpf_htonl(0x0af40207);
	return bpf_fib_lookup(skb, &fib, sizeof(fib), 0);
}

PRICE(fib_lookup, , done += ask_route(skb) == BPF_FIB_LKUP_RET_SUCCESS;)

char LICENSE[] SEC("license") = "Dual BSD/GPL";

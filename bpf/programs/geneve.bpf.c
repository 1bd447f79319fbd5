// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A tunnel endpoint by itself, without an agent and without flow entries: what leaves one device for a
 * peer's prefix goes into a tunnel, and what arrives at another comes out of it.
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include "../include/decapsulate.h"
#include "../include/geneve_read.h"
#include "../include/ipv4.h"
#include "../include/ipv6.h"
#include "../include/packet.h"
#include "../include/transport.h"
#include "../include/tunnel.h"

/** What the VNI of every packet says. */
const volatile __u32 endpoint_identity = IDENTITY_UNKNOWN;

/** Index of the device that leads to the network between the ends. */
const volatile __u32 endpoint_underlay = 0;

/** MAC address of the device by which packets come out of tunnels. */
const volatile struct mac_addr endpoint_mac = {{0}};

/** The bound of the map `endpoint_counts`: one for each reason. */
enum endpoint_count_bound {
	ENDPOINT_COUNTS = 128,
};

/** Packets of this endpoint, by what became of them: the index is one of `enum reason`. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ENDPOINT_COUNTS);
	__type(key, __u32);
	__type(value, __u64);
} endpoint_counts SEC(".maps") OWNER("encap-geneve");
EXPORT(enum reason, "encap-geneve");

static __always_inline int counted(enum reason reason, int verdict)
{
	__u32 index = reason;
	__u64 *count = bpf_map_lookup_elem(&endpoint_counts, &index);

	if (count)
		*count += 1;
	return verdict;
}

static __always_inline bool is_ip(const struct __sk_buff *skb)
{
	return skb->protocol == bpf_htons(ETH_P_IP) || skb->protocol == bpf_htons(ETH_P_IPV6);
}

static __always_inline int parse(struct __sk_buff *skb, struct packet *packet)
{
	int problem = skb->protocol == bpf_htons(ETH_P_IP) ? ipv4_parse(skb, packet)
							   : ipv6_parse(skb, packet);

	return problem ? problem : transport_parse(skb, packet);
}

/* Egress of the device into tunnels. */
SEC("tcx/egress")
int endpoint_out(struct __sk_buff *skb)
{
	struct packet packet = {};
	__u32 slot;
	int problem;

	if (!is_ip(skb) || parse(skb, &packet))
		return counted(REASON_PASSED, TCX_NEXT);
	slot = tunnel_to(&packet.tuple.destination);
	if (!slot)
		return counted(REASON_NO_TUNNEL, TCX_NEXT);
	problem = tunnel_enter(skb, slot, endpoint_identity, encapsulate_hash(&packet.tuple));
	if (problem)
		return counted(problem, TC_ACT_SHOT);
	counted(REASON_TO_TUNNEL, 0);
	return bpf_redirect_neigh(endpoint_underlay, NULL, 0, 0);
}

static __always_inline bool is_own(const struct tunnel_self *self, const struct ip_addr *address)
{
	return ip_addr_equal(address, &self->ipv4) || ip_addr_equal(address, &self->ipv6);
}

/* Why the packet that came out of a tunnel is not one of its other end's, or 0. */
static __always_inline int origin_problem(struct __sk_buff *skb, __u32 slot)
{
	struct packet inner = {};
	int problem = parse(skb, &inner);

	if (problem)
		return problem;
	return tunnel_to(&inner.tuple.source) == slot ? 0 : REASON_TUNNEL_SOURCE;
}

/* Ingress of the device to the network between the ends. */
SEC("tcx/ingress")
int endpoint_in(struct __sk_buff *skb)
{
	const struct tunnel_self *self = tunnel_self_get();
	struct packet packet = {};
	struct geneve geneve = {};
	struct ethhdr *ethernet;
	int problem;
	__u32 slot;

	if (!self || skb->pkt_type != PACKET_HOST || !is_ip(skb) || parse(skb, &packet) ||
	    packet.tuple.protocol != IPPROTO_UDP || packet.fragment ||
	    packet.tuple.destination_port != bpf_htons(GENEVE_PORT) ||
	    !is_own(self, &packet.tuple.destination))
		return counted(REASON_PASSED, TCX_NEXT);
	slot = tunnel_of_node(&packet.tuple.source);
	problem = slot ? geneve_read(skb, &packet, &geneve) : REASON_TUNNEL_PEER;
	if (!problem && geneve.control)
		return counted(REASON_TO_STACK, TCX_NEXT);
	if (!problem)
		problem = decapsulate(skb, &packet, &geneve);
	if (!problem)
		problem = origin_problem(skb, slot);
	ethernet = packet_peek(skb, 0, sizeof(*ethernet));
	if (!problem && !ethernet)
		problem = REASON_REWRITE_FAILED;
	if (problem || !ethernet)
		return counted(problem, TC_ACT_SHOT);
	mac_addr_copy(ethernet->h_dest, &endpoint_mac);
	counted(REASON_TO_STACK, 0);
	return bpf_redirect(self->ifindex, BPF_F_INGRESS);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";

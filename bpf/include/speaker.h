/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef HEDDLE_SPEAKER_H
#define HEDDLE_SPEAKER_H

#include "address.h"

/** Flags of who answers for addresses, which its advertisements have. */
enum ndp_speaker_flag : __u16 {
	/** It is a router. */
	NDP_SPEAKER_ROUTER = 1,
	/** Its answers replace what others remember: not those of a proxy (RFC 4861 section 7.2.8). */
	NDP_SPEAKER_OVERRIDE = 2,
};

/** In whose name requests for link-layer addresses are answered. */
struct ndp_speaker {
	/** The source of its advertisements; unspecified: each comes from the address that it is about. */
	struct ip_addr source;
	/** The link-layer address that it gives for every address. */
	struct mac_addr mac;
	/** Of `enum ndp_speaker_flag`. */
	__u16 flags;
};

#endif

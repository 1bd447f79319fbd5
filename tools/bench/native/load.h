// SPDX-License-Identifier: Apache-2.0
// What the two ends of the load generator agree on.
#ifndef HEDDLE_LOAD_H
#define HEDDLE_LOAD_H

#include <netinet/in.h>
#include <stdint.h>

// The first byte of a request over TCP says what is wanted. UDP to the same port is counted, never read.
enum request {
	REQUEST_ECHO = 'R',
	REQUEST_ECHO_AND_CLOSE = 'C',
	// The connection's bytes are read and counted, and never answered.
	REQUEST_SINK = 'S',
	// Answered with a struct report.
	REQUEST_REPORT = 'Q',
};

struct report {
	// When the server wrote this: CLOCK_MONOTONIC, in nanoseconds, the same clock as the client's.
	uint64_t time;
	// That arrived in connections of REQUEST_SINK.
	uint64_t stream_bytes;
	// That arrived at the UDP port, modulo 2^32.
	uint32_t datagrams;
	uint32_t padding;
	// The server's end of the connection: other than what the client called where it was translated.
	struct in6_addr address;
};

// What a read or write takes at most.
#define CHUNK (128 * 1024)

uint64_t now(void);
void die(const char *what) __attribute__((noreturn));

void serve(uint16_t port) __attribute__((noreturn));

struct call {
	const char *host;
	const char *port;
	double warm_up;
	double seconds;
	int streams;
};

// Each prints one line of JSON: counts, times in nanoseconds, and the address that the server answered from.
void call_rr(const struct call *call);
void call_crr(const struct call *call);
void call_udp(const struct call *call);
void call_stream(const struct call *call);

#endif

// SPDX-License-Identifier: Apache-2.0
// The server: one process, one loop, for all tests and any number of connections.
#include <errno.h>
#include <linux/filter.h>
#include <linux/sock_diag.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "load.h"

#define MAX_DESCRIPTORS 4096

static char buffer[CHUNK];
static uint64_t stream_bytes;
// Which connections are of REQUEST_SINK, by their descriptor.
static char is_sink[MAX_DESCRIPTORS];

static int open_socket(int type, uint16_t port)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, type | SOCK_NONBLOCK, 0), off = 0, on = 1;

	if (fd < 0)
		die("open a socket");
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die("bind a socket");
	return fd;
}

// Every datagram that reaches this socket is dropped by its filter, and the kernel counts it. A reader would compete
// with the sender, and a full receive buffer looks the same whether packets arrive or not.
static int open_counting_socket(uint16_t port)
{
	struct sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = {.len = 1, .filter = &drop};
	int fd = open_socket(SOCK_DGRAM, port);

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)))
		die("attach a filter to the UDP socket");
	return fd;
}

static uint32_t datagrams_of(int fd)
{
	uint32_t info[SK_MEMINFO_VARS];
	socklen_t size = sizeof(info);

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &size))
		die("read the count of datagrams");
	return info[SK_MEMINFO_DROPS];
}

static void watch(int loop, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	if (epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event))
		die("watch a socket");
}

static void accept_all(int loop, int listening)
{
	int fd, on = 1;

	while ((fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
		if (fd >= MAX_DESCRIPTORS) {
			close(fd);
			continue;
		}
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		is_sink[fd] = 0;
		watch(loop, fd);
	}
}

static int send_report(int fd, int counting)
{
	struct report report = {
		.time = now(),
		.stream_bytes = stream_bytes,
		.datagrams = datagrams_of(counting),
	};
	struct sockaddr_in6 own;
	socklen_t size = sizeof(own);

	if (getsockname(fd, (struct sockaddr *)&own, &size))
		die("read a socket's own address");
	report.address = own.sin6_addr;
	return write(fd, &report, sizeof(report)) == sizeof(report);
}

// Whether the connection goes on.
static int answer(int fd, int counting)
{
	ssize_t got = read(fd, buffer, sizeof(buffer));

	if (got <= 0)
		return got < 0 && errno == EAGAIN;
	if (buffer[0] == REQUEST_SINK || is_sink[fd]) {
		is_sink[fd] = 1;
		stream_bytes += (uint64_t)got;
		return 1;
	}
	if (buffer[0] == REQUEST_REPORT)
		return send_report(fd, counting);
	return write(fd, buffer, (size_t)got) == got && buffer[0] != REQUEST_ECHO_AND_CLOSE;
}

void serve(uint16_t port)
{
	int loop = epoll_create1(EPOLL_CLOEXEC), counting = open_counting_socket(port);
	int listening = open_socket(SOCK_STREAM, port);
	struct epoll_event events[64];

	if (listen(listening, SOMAXCONN))
		die("listen");
	watch(loop, listening);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		int count = epoll_wait(loop, events, 64, -1);

		for (int index = 0; index < count; index++) {
			int fd = events[index].data.fd;

			if (fd == listening)
				accept_all(loop, listening);
			else if (!answer(fd, counting))
				close(fd);
		}
	}
}

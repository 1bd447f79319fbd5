// SPDX-License-Identifier: Apache-2.0
// The clients: they warm up, count and take times for the seconds asked for, and print what they saw.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "load.h"

// Times of single transactions that are kept: more than fit in a minute.
#define MAX_TIMES (1 << 23)
// Transactions in a second: more than any machine makes.
#define MAX_RATE 400000
#define MAX_STREAMS 64

// Of a small datagram, as netperf's and pktgen's smallest frames have.
#define DATAGRAM 18

static struct addrinfo *resolve(const struct call *call)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *found;

	if (getaddrinfo(call->host, call->port, &hints, &found)) {
		errno = EINVAL;
		die(call->host);
	}
	return found;
}

static int open_connection(const struct addrinfo *to, int type)
{
	int fd = socket(to->ai_family, type, 0), on = 1;

	if (fd < 0)
		die("open a socket");
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, to->ai_addr, to->ai_addrlen))
		die("connect");
	return fd;
}

static void read_all(int fd, void *into, size_t size)
{
	for (size_t got = 0; got < size;) {
		ssize_t count = read(fd, (char *)into + got, size - got);

		if (count == 0)
			errno = ECONNRESET;
		if (count <= 0)
			die("read an answer");
		got += (size_t)count;
	}
}

static void transact(int fd, char request)
{
	char answer;

	if (write(fd, &request, 1) != 1)
		die("write a request");
	read_all(fd, &answer, 1);
}

static struct report ask_report(int fd)
{
	const char request = REQUEST_REPORT;
	struct report report;

	if (write(fd, &request, 1) != 1)
		die("write a request");
	read_all(fd, &report, sizeof(report));
	return report;
}

static const char *server_address(const struct report *report)
{
	static char text[INET6_ADDRSTRLEN];

	if (IN6_IS_ADDR_V4MAPPED(&report->address))
		inet_ntop(AF_INET, &report->address.s6_addr[12], text, sizeof(text));
	else
		inet_ntop(AF_INET6, &report->address, text, sizeof(text));
	return text;
}

static int compare(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

// The smallest time that this share of all is not above.
static uint32_t percentile(const uint32_t *sorted, size_t count, double share)
{
	size_t index = (size_t)(share * (double)count);

	return sorted[index < count ? index : count - 1];
}

static void print_times(uint32_t *times, size_t count, uint64_t elapsed,
			const struct report *report)
{
	qsort(times, count, sizeof(*times), compare);
	printf("{\"count\":%zu,\"elapsed\":%llu,\"p50\":%u,\"p90\":%u,\"p99\":%u,\"p999\":%u,"
	       "\"server\":\"%s\"}\n",
	       count, (unsigned long long)elapsed, percentile(times, count, 0.5),
	       percentile(times, count, 0.9), percentile(times, count, 0.99),
	       percentile(times, count, 0.999), server_address(report));
}

static uint64_t after(double seconds)
{
	return now() + (uint64_t)(seconds * 1e9);
}

static size_t fewest(size_t left, size_t right)
{
	return left < right ? left : right;
}

typedef void transaction(int fd, const struct addrinfo *to);

static void echo(int fd, const struct addrinfo *to)
{
	(void)to;
	transact(fd, REQUEST_ECHO);
}

// The server closes first, so that ports wait at its end and the client's are free at once.
static void connect_and_close(int unused, const struct addrinfo *to)
{
	int fd = open_connection(to, SOCK_STREAM);
	char end;

	(void)unused;
	transact(fd, REQUEST_ECHO_AND_CLOSE);
	if (read(fd, &end, 1) != 0)
		die("wait for the server to close");
	close(fd);
}

static void time_transactions(const struct call *call, transaction *run)
{
	const struct addrinfo *to = resolve(call);
	uint32_t *times = malloc(MAX_TIMES * sizeof(*times));
	int fd = open_connection(to, SOCK_STREAM);
	struct report report = ask_report(fd);
	uint64_t start, before, end, last;
	size_t count = 0;

	if (!times)
		die("allocate memory");
	// Touched before it is needed, as a page fault is no part of the path.
	memset(times, 1,
	       fewest((size_t)((call->seconds + 1) * MAX_RATE), MAX_TIMES) * sizeof(*times));
	for (last = after(call->warm_up); now() < last;)
		run(fd, to);
	start = before = now();
	last = after(call->seconds);
	do {
		run(fd, to);
		end = now();
		times[count++] = (uint32_t)(end - before);
		before = end;
	} while (end < last && count < MAX_TIMES);
	print_times(times, count, end - start, &report);
}

void call_rr(const struct call *call)
{
	time_transactions(call, echo);
}

void call_crr(const struct call *call)
{
	time_transactions(call, connect_and_close);
}

static uint64_t flood(int fd, double seconds)
{
	static const char datagram[DATAGRAM];
	uint64_t sent = 0, last = after(seconds);

	do {
		// The clock is looked at seldom.
		for (int index = 0; index < 64; index++)
			sent += send(fd, datagram, sizeof(datagram), 0) == sizeof(datagram);
	} while (now() < last);
	return sent;
}

void call_udp(const struct call *call)
{
	const struct addrinfo *to = resolve(call);
	int control = open_connection(to, SOCK_STREAM), fd = open_connection(to, SOCK_DGRAM);
	struct report before, report;
	uint64_t start, elapsed, sent;

	flood(fd, call->warm_up);
	before = ask_report(control);
	start = now();
	sent = flood(fd, call->seconds);
	elapsed = now() - start;
	report = ask_report(control);
	printf("{\"sent\":%llu,\"arrived\":%u,\"elapsed\":%llu,\"server\":\"%s\"}\n",
	       (unsigned long long)sent, report.datagrams - before.datagrams,
	       (unsigned long long)elapsed, server_address(&report));
}

// Writes to all connections, to whichever takes more.
static void stream(struct pollfd *connections, int count)
{
	static char bytes[CHUNK];

	memset(bytes, REQUEST_SINK, sizeof(bytes));
	for (;;) {
		if (poll(connections, (nfds_t)count, -1) < 0)
			die("wait for connections");
		for (int index = 0; index < count; index++) {
			if (!connections[index].revents)
				continue;
			if (write(connections[index].fd, bytes, sizeof(bytes)) < 0 &&
			    errno != EAGAIN)
				die("write a stream");
		}
	}
}

static void pause_for(double seconds)
{
	struct timespec time = {.tv_sec = (time_t)seconds};

	time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
	nanosleep(&time, NULL);
}

void call_stream(const struct call *call)
{
	const struct addrinfo *to = resolve(call);
	struct pollfd connections[MAX_STREAMS] = {};
	int control = open_connection(to, SOCK_STREAM);
	struct report before, report;
	pid_t parent = getpid(), sender;

	if (call->streams < 1 || call->streams > MAX_STREAMS) {
		errno = EINVAL;
		die("number of streams");
	}
	for (int index = 0; index < call->streams; index++) {
		connections[index].fd = open_connection(to, SOCK_STREAM);
		connections[index].events = POLLOUT;
		fcntl(connections[index].fd, F_SETFL, O_NONBLOCK);
	}
	sender = fork();
	if (sender < 0)
		die("fork the sender");
	if (sender == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			exit(1);
		stream(connections, call->streams);
	}
	pause_for(call->warm_up);
	before = ask_report(control);
	pause_for(call->seconds);
	report = ask_report(control);
	if (waitpid(sender, NULL, WNOHANG) != 0) {
		errno = ECHILD;
		die("the sender ended early");
	}
	kill(sender, SIGKILL);
	waitpid(sender, NULL, 0);
	printf("{\"bytes\":%llu,\"elapsed\":%llu,\"server\":\"%s\"}\n",
	       (unsigned long long)(report.stream_bytes - before.stream_bytes),
	       (unsigned long long)(report.time - before.time), server_address(&report));
}

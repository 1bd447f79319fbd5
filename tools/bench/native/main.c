// SPDX-License-Identifier: Apache-2.0
// The load generator of the benchmark's paths.
//
//   load NETNS CPU server PORT
//   load NETNS CPU rr|crr|udp|stream HOST PORT WARM_UP SECONDS [STREAMS]
//
// NETNS is the path of a network namespace. The server says "ready" when it listens, and ends with its parent.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "load.h"

// Before ordinary processes, as what is measured is the path and not who else wants the processor.
#define PRIORITY (-10)

// Seconds that a client may take longer than it was asked to.
#define PATIENCE 10

uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

void die(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	exit(1);
}

static void enter(const char *netns, int cpu)
{
	int fd = open(netns, O_RDONLY | O_CLOEXEC);
	cpu_set_t cpus;

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(netns);
	close(fd);
	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		die("pin to the processor");
	if (setpriority(PRIO_PROCESS, 0, PRIORITY))
		die("raise the priority");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	// A terminal sends Ctrl-C to all; who ends this, and when, is the runner's to say.
	signal(SIGINT, SIG_IGN);
}

static void give_up(int signal)
{
	static const char text[] = "no answer: the path is broken, or loses packets\n";

	(void)signal;
	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(1);
}

static void run_client(char **argv, int argc)
{
	const struct call call = {
		.host = argv[4],
		.port = argv[5],
		.warm_up = atof(argv[6]),
		.seconds = atof(argv[7]),
		.streams = argc > 8 ? atoi(argv[8]) : 1,
	};
	const char *test = argv[3];

	signal(SIGALRM, give_up);
	alarm((unsigned int)(call.warm_up + call.seconds) + PATIENCE);
	if (!strcmp(test, "rr"))
		call_rr(&call);
	else if (!strcmp(test, "crr"))
		call_crr(&call);
	else if (!strcmp(test, "udp"))
		call_udp(&call);
	else if (!strcmp(test, "stream"))
		call_stream(&call);
	else {
		errno = EINVAL;
		die(test);
	}
}

int main(int argc, char **argv)
{
	if (argc == 5 && !strcmp(argv[3], "server")) {
		enter(argv[1], atoi(argv[2]));
		serve((uint16_t)atoi(argv[4]));
	}
	if (argc < 8) {
		fprintf(stderr, "usage: see the head of tools/bench/native/main.c\n");
		return 2;
	}
	enter(argv[1], atoi(argv[2]));
	run_client(argv, argc);
	return 0;
}

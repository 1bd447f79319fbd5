/* SPDX-License-Identifier: Apache-2.0 */
#include "thread.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>

struct visit {
	int netns_fd;
	thread_work work;
	void *argument;
	struct failure *failure;
	int result;
};

static void *thread_main(void *pointer)
{
	struct visit *visit = pointer;

	if (visit->netns_fd >= 0 && setns(visit->netns_fd, CLONE_NEWNET) < 0)
		visit->result = failed(visit->failure, "setns");
	else
		visit->result = visit->work(visit->argument, visit->failure);
	return NULL;
}

int run_in_thread(int netns_fd, thread_work work, void *argument, struct failure *failure)
{
	struct visit visit = {
		.netns_fd = netns_fd,
		.work = work,
		.argument = argument,
		.failure = failure,
	};
	pthread_t thread;

	errno = pthread_create(&thread, NULL, thread_main, &visit);
	if (errno != 0)
		return failed(failure, "pthread_create");
	pthread_join(thread, NULL);
	return visit.result;
}

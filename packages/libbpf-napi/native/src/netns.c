#include "netns.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

struct visit {
	const char *path;
	void (*function)(void *argument);
	void *argument;
	int error;
};

static int enter(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), error = 0;

	if (fd < 0)
		return -errno;
	if (setns(fd, CLONE_NEWNET))
		error = -errno;
	close(fd);
	return error;
}

static void *visit(void *data)
{
	struct visit *visit = data;

	visit->error = enter(visit->path);
	if (!visit->error)
		visit->function(visit->argument);
	return NULL;
}

int netns_run(const char *path, void (*function)(void *argument), void *argument)
{
	struct visit state = {.path = path, .function = function, .argument = argument};
	pthread_t thread;
	int error;

	error = pthread_create(&thread, NULL, visit, &state);
	if (error)
		return -error;
	pthread_join(thread, NULL);
	return state.error;
}

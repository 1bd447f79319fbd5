/* SPDX-License-Identifier: Apache-2.0 */
#include "sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "job.h"
#include "thread.h"

struct sysctl_job {
	struct job job;
	int netns_fd;
	char *path;
	char *value;
	size_t length;
	/* The kernel takes no more than a page for a setting, and shows none longer than it took. */
	char text[4096];
};

static int read_file(void *argument, struct failure *failure)
{
	struct sysctl_job *sysctl = argument;
	int fd = open(sysctl->path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return failed(failure, "open");
	length = read(fd, sysctl->text, sizeof(sysctl->text));
	if (length < 0)
		failed(failure, "read");
	else
		sysctl->length = (size_t)length;
	close(fd);
	return length < 0 ? -1 : 0;
}

static int write_file(void *argument, struct failure *failure)
{
	struct sysctl_job *sysctl = argument;
	int fd = open(sysctl->path, O_WRONLY | O_CLOEXEC);
	size_t length = strlen(sysctl->value);
	ssize_t written;

	if (fd < 0)
		return failed(failure, "open");
	written = write(fd, sysctl->value, length);
	/* Each write is a whole value of its own, so what did not fit cannot be written after it. */
	if (written >= 0 && (size_t)written < length) {
		errno = EMSGSIZE;
		written = -1;
	}
	if (written < 0)
		failed(failure, "write");
	close(fd);
	return written < 0 ? -1 : 0;
}

/* In a thread also where the namespace is the process's own: /proc/sys/net is the calling thread's view. */
static void run_sysctl(struct job *job)
{
	struct sysctl_job *sysctl = (struct sysctl_job *)job;
	thread_work work = sysctl->value == NULL ? read_file : write_file;

	run_in_thread(sysctl->netns_fd, work, sysctl, &job->failure);
}

static napi_value text_of(napi_env env, struct job *job)
{
	struct sysctl_job *sysctl = (struct sysctl_job *)job;
	napi_value text;

	napi_create_string_utf8(env, sysctl->text, sysctl->length, &text);
	return text;
}

static void release_sysctl(struct job *job)
{
	struct sysctl_job *sysctl = (struct sysctl_job *)job;

	free(sysctl->path);
	free(sysctl->value);
}

/* The job for the namespace and path in `arguments`; NULL after throwing. */
static struct sysctl_job *make_job(napi_env env, const napi_value *arguments)
{
	struct sysctl_job *sysctl = calloc(1, sizeof(*sysctl));

	if (sysctl == NULL || !get_int(env, arguments[0], &sysctl->netns_fd) ||
	    (sysctl->path = get_string(env, arguments[1])) == NULL) {
		free(sysctl);
		throw_arguments(env);
		return NULL;
	}
	sysctl->job.run = run_sysctl;
	sysctl->job.release = release_sysctl;
	return sysctl;
}

napi_value sysctl_read(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	struct sysctl_job *sysctl;

	if (!get_arguments(env, info, 2, arguments))
		return throw_arguments(env);
	sysctl = make_job(env, arguments);
	if (sysctl == NULL)
		return NULL;
	sysctl->job.result = text_of;
	return start_job(env, &sysctl->job);
}

napi_value sysctl_write(napi_env env, napi_callback_info info)
{
	napi_value arguments[3];
	struct sysctl_job *sysctl;
	char *value;

	if (!get_arguments(env, info, 3, arguments) ||
	    (value = get_string(env, arguments[2])) == NULL)
		return throw_arguments(env);
	sysctl = make_job(env, arguments);
	if (sysctl == NULL) {
		free(value);
		return NULL;
	}
	sysctl->value = value;
	return start_job(env, &sysctl->job);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "namespaces.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include "arguments.h"
#include "job.h"
#include "thread.h"

napi_value netns_is(napi_env env, napi_callback_info info)
{
	napi_value argument, result;
	int fd;

	if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &fd))
		return throw_arguments(env);
	napi_get_boolean(env, ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWNET, &result);
	return result;
}

struct path_job {
	struct job job;
	char *path;
	char *shared;
};

static void release_paths(struct job *job)
{
	struct path_job *path_job = (struct path_job *)job;

	free(path_job->path);
	free(path_job->shared);
}

static napi_value start_path_job(napi_env env, void (*run)(struct job *), char *path, char *shared)
{
	struct path_job *path_job = calloc(1, sizeof(*path_job));

	if (path_job == NULL || path == NULL) {
		free(path_job);
		free(path);
		free(shared);
		return throw_arguments(env);
	}
	path_job->job.run = run;
	path_job->job.release = release_paths;
	path_job->path = path;
	path_job->shared = shared;
	return start_job(env, &path_job->job);
}

/* The folder's lock is the one ip(8) takes, so that two programs do not stack mounts on one another. */
static int make_shared(const char *folder, struct failure *failure)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result = 0;

	if (fd < 0)
		return failed(failure, "open");
	if (flock(fd, LOCK_EX) < 0) {
		result = failed(failure, "flock");
	} else if (mount("", folder, "none", MS_SHARED | MS_REC, NULL) < 0) {
		/* EINVAL: it is no mount point yet. */
		if (errno != EINVAL || mount(folder, folder, "none", MS_BIND | MS_REC, NULL) < 0 ||
		    mount("", folder, "none", MS_SHARED | MS_REC, NULL) < 0)
			result = failed(failure, "mount");
	}
	close(fd);
	return result;
}

static int mount_new_netns(void *argument, struct failure *failure)
{
	if (unshare(CLONE_NEWNET) < 0)
		return failed(failure, "unshare");
	if (mount("/proc/thread-self/ns/net", argument, "none", MS_BIND, NULL) < 0)
		return failed(failure, "mount");
	return 0;
}

static void run_create(struct job *job)
{
	struct path_job *path_job = (struct path_job *)job;
	int fd;

	if (path_job->shared[0] != '\0' && make_shared(path_job->shared, &job->failure) < 0)
		return;
	fd = open(path_job->path, O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
	if (fd < 0) {
		failed(&job->failure, "open");
		return;
	}
	close(fd);
	if (run_in_thread(-1, mount_new_netns, path_job->path, &job->failure) < 0)
		unlink(path_job->path);
}

napi_value netns_create(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	char *shared;

	if (!get_arguments(env, info, 2, arguments) ||
	    (shared = get_string(env, arguments[1])) == NULL)
		return throw_arguments(env);
	return start_path_job(env, run_create, get_string(env, arguments[0]), shared);
}

static void run_unmount(struct job *job)
{
	struct path_job *path_job = (struct path_job *)job;

	if (umount2(path_job->path, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		failed(&job->failure, "umount2");
}

napi_value netns_unmount(napi_env env, napi_callback_info info)
{
	napi_value argument;

	if (!get_arguments(env, info, 1, &argument))
		return throw_arguments(env);
	return start_path_job(env, run_unmount, get_string(env, argument), NULL);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "socket.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "arguments.h"
#include "job.h"
#include "route_socket.h"

/* Tells our externals from those of other addons. */
static const napi_type_tag socket_tag = {0x68b3f5c0a4d94a1e, 0x9c7d21f08e6b5a37};

static void on_collected(napi_env env, void *data, void *hint)
{
	(void)env;
	(void)hint;
	route_socket_close(data);
	route_socket_release(data);
}

napi_value socket_open(napi_env env, napi_callback_info info)
{
	napi_value arguments[2], external;
	struct failure failure = {0};
	struct route_socket *socket;
	int netns_fd;

	if (!get_arguments(env, info, 2, arguments) || !get_int(env, arguments[0], &netns_fd) ||
	    !is_function(env, arguments[1]))
		return throw_arguments(env);
	socket = route_socket_open(env, netns_fd, arguments[1], &failure);
	if (socket == NULL)
		return throw_failure(env, &failure);
	napi_create_external(env, socket, on_collected, NULL, &external);
	napi_type_tag_object(env, external, &socket_tag);
	return external;
}

static struct route_socket *unwrap(napi_env env, napi_value value)
{
	bool ours = false;
	void *socket;

	if (napi_check_object_type_tag(env, value, &socket_tag, &ours) != napi_ok || !ours ||
	    napi_get_value_external(env, value, &socket) != napi_ok)
		return NULL;
	return socket;
}

struct send_job {
	struct job job;
	struct route_socket *socket;
	void *data;
	size_t length;
};

/*
 * The kernel handles rtnetlink messages inside sendmsg(2), in turn with all of the machine's other changes
 * (the RTNL lock), and deleting a device waits for RCU besides: tens of milliseconds that the event
 * loop must not spend here.
 */
static void run_send(struct job *job)
{
	struct send_job *send_job = (struct send_job *)job;
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	ssize_t sent;

	do {
		sent = sendto(send_job->socket->fd, send_job->data, send_job->length, 0,
			      (struct sockaddr *)&kernel, sizeof(kernel));
	} while (sent < 0 && errno == EINTR);
	if (sent < 0)
		failed(&job->failure, "sendto");
}

static void release_send(struct job *job)
{
	struct send_job *send_job = (struct send_job *)job;

	route_socket_end_send(send_job->socket);
	free(send_job->data);
}

napi_value socket_send(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	struct route_socket *socket;
	struct send_job *send_job;
	size_t length;
	void *data;

	if (!get_arguments(env, info, 2, arguments) ||
	    (socket = unwrap(env, arguments[0])) == NULL || socket->closed ||
	    (data = get_bytes(env, arguments[1], &length)) == NULL)
		return throw_arguments(env);
	send_job = calloc(1, sizeof(*send_job));
	if (send_job == NULL) {
		struct failure failure;

		free(data);
		failed(&failure, "calloc");
		return throw_failure(env, &failure);
	}
	route_socket_begin_send(socket);
	send_job->job.run = run_send;
	send_job->job.release = release_send;
	send_job->socket = socket;
	send_job->data = data;
	send_job->length = length;
	return start_job(env, &send_job->job);
}

napi_value socket_set_option(napi_env env, napi_callback_info info)
{
	napi_value arguments[4];
	struct route_socket *socket;
	int level, option, value;

	if (!get_arguments(env, info, 4, arguments) ||
	    (socket = unwrap(env, arguments[0])) == NULL || socket->closed ||
	    !get_int(env, arguments[1], &level) || !get_int(env, arguments[2], &option) ||
	    !get_int(env, arguments[3], &value))
		return throw_arguments(env);
	if (setsockopt(socket->fd, level, option, &value, sizeof(value)) < 0) {
		struct failure failure;

		failed(&failure, "setsockopt");
		return throw_failure(env, &failure);
	}
	return NULL;
}

napi_value socket_hold(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	struct route_socket *socket;
	bool hold;

	if (!get_arguments(env, info, 2, arguments) ||
	    (socket = unwrap(env, arguments[0])) == NULL || !get_bool(env, arguments[1], &hold))
		return throw_arguments(env);
	if (socket->closed)
		return NULL;
	if (hold)
		uv_ref((uv_handle_t *)&socket->poll);
	else
		uv_unref((uv_handle_t *)&socket->poll);
	return NULL;
}

napi_value socket_close(napi_env env, napi_callback_info info)
{
	napi_value arguments[1];
	struct route_socket *socket;

	if (!get_arguments(env, info, 1, arguments) || (socket = unwrap(env, arguments[0])) == NULL)
		return throw_arguments(env);
	route_socket_close(socket);
	return NULL;
}

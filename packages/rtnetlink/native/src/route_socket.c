/* SPDX-License-Identifier: Apache-2.0 */
#include "route_socket.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "thread.h"

/*
 * Large enough for every datagram of a dump, which the kernel limits to 32 KiB (netlink_dump), and for
 * every notification seen in practice. Truncation is detected and reported.
 */
#define RECEIVE_BYTES 65536

/* Datagrams per turn of the event loop, so that a flood of events leaves room for everything else. */
#define RECEIVE_BATCH 64

void route_socket_release(struct route_socket *socket)
{
	if (--socket->references == 0)
		free(socket);
}

static void close_descriptor(struct route_socket *socket)
{
	if (socket->closed && socket->sends == 0 && socket->fd >= 0) {
		close(socket->fd);
		socket->fd = -1;
	}
}

static void on_poll_closed(uv_handle_t *handle)
{
	struct route_socket *socket = handle->data;

	napi_remove_async_cleanup_hook(socket->cleanup);
	route_socket_release(socket);
}

void route_socket_close(struct route_socket *socket)
{
	if (socket->closed)
		return;
	socket->closed = true;
	uv_close((uv_handle_t *)&socket->poll, on_poll_closed);
	napi_async_destroy(socket->env, socket->context);
	napi_delete_reference(socket->env, socket->on_receive);
	close_descriptor(socket);
}

/* The environment ends, in a worker or at exit: the loop must have no handle left. */
static void on_environment_end(napi_async_cleanup_hook_handle handle, void *data)
{
	(void)handle;
	route_socket_close(data);
}

static void call_back(struct route_socket *socket, napi_value bytes, int number)
{
	napi_env env = socket->env;
	napi_value callback, global, arguments[2] = {bytes};

	napi_get_reference_value(env, socket->on_receive, &callback);
	napi_get_global(env, &global);
	napi_create_int32(env, number, &arguments[1]);
	if (napi_make_callback(env, socket->context, global, callback, 2, arguments, NULL) ==
	    napi_pending_exception) {
		napi_value error;

		napi_get_and_clear_last_exception(env, &error);
		napi_fatal_exception(env, error);
	}
}

static void deliver(struct route_socket *socket, const void *data, size_t length, int number)
{
	napi_handle_scope scope;
	napi_value bytes;

	if (napi_open_handle_scope(socket->env, &scope) != napi_ok)
		return;
	if (number != 0)
		napi_get_undefined(socket->env, &bytes);
	else if (napi_create_buffer_copy(socket->env, length, data, NULL, &bytes) != napi_ok)
		goto out;
	call_back(socket, bytes, number);
out:
	napi_close_handle_scope(socket->env, scope);
}

/* Receives one datagram and delivers it; false when there is nothing more for now. */
static bool receive(struct route_socket *socket)
{
	char data[RECEIVE_BYTES];
	struct sockaddr_nl from = {0};
	struct iovec part = {data, sizeof(data)};
	struct msghdr message = {
		.msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &part,
		.msg_iovlen = 1,
	};
	ssize_t length = recvmsg(socket->fd, &message, MSG_DONTWAIT | MSG_TRUNC);

	if (length < 0) {
		int number = errno;

		if (number != EAGAIN && number != EINTR)
			deliver(socket, NULL, 0, number);
		return number == EINTR || number == ENOBUFS;
	}
	/* Another process can send to this socket as well; only the kernel has port 0. */
	if (from.nl_pid == 0) {
		bool whole = (message.msg_flags & MSG_TRUNC) == 0;

		deliver(socket, data, (size_t)length, whole ? 0 : EMSGSIZE);
	}
	return true;
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct route_socket *socket = poll->data;

	(void)events;
	/*
	 * A socket that lost messages is in an error condition until it is read. libuv takes every such
	 * condition for a bad descriptor and stops; what is wrong is what recvmsg(2) says.
	 */
	if (status < 0)
		uv_poll_start(poll, UV_READABLE, on_readable);
	for (int count = 0; count < RECEIVE_BATCH && !socket->closed; count++) {
		if (!receive(socket))
			break;
	}
}

static int make_descriptor(void *argument, struct failure *failure)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd < 0)
		return failed(failure, "socket");
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		failed(failure, "bind");
		close(fd);
		return -1;
	}
	*(int *)argument = fd;
	return 0;
}

static int watch(napi_env env, struct route_socket *socket, struct failure *failure)
{
	uv_loop_t *loop;
	int status;

	if (napi_get_uv_event_loop(env, &loop) != napi_ok)
		status = UV_EINVAL;
	else
		status = uv_poll_init(loop, &socket->poll, socket->fd);
	if (status < 0) {
		errno = -status;
		return failed(failure, "uv_poll_init");
	}
	socket->poll.data = socket;
	uv_poll_start(&socket->poll, UV_READABLE, on_readable);
	uv_unref((uv_handle_t *)&socket->poll);
	return 0;
}

static void attach(napi_env env, struct route_socket *socket, napi_value on_receive)
{
	napi_value name;

	socket->env = env;
	socket->references = 2;
	napi_create_string_utf8(env, "rtnetlink", NAPI_AUTO_LENGTH, &name);
	napi_async_init(env, NULL, name, &socket->context);
	napi_create_reference(env, on_receive, 1, &socket->on_receive);
	napi_add_async_cleanup_hook(env, on_environment_end, socket, &socket->cleanup);
}

static int open_descriptor(int netns_fd, int *fd, struct failure *failure)
{
	if (netns_fd < 0)
		return make_descriptor(fd, failure);
	return run_in_thread(netns_fd, make_descriptor, fd, failure);
}

struct route_socket *route_socket_open(napi_env env, int netns_fd, napi_value on_receive,
				       struct failure *failure)
{
	struct route_socket *socket = calloc(1, sizeof(*socket));

	if (socket == NULL) {
		failed(failure, "calloc");
		return NULL;
	}
	if (open_descriptor(netns_fd, &socket->fd, failure) < 0) {
		free(socket);
		return NULL;
	}
	if (watch(env, socket, failure) < 0) {
		close(socket->fd);
		free(socket);
		return NULL;
	}
	attach(env, socket, on_receive);
	return socket;
}

void route_socket_begin_send(struct route_socket *socket)
{
	socket->sends++;
	socket->references++;
}

void route_socket_end_send(struct route_socket *socket)
{
	socket->sends--;
	close_descriptor(socket);
	route_socket_release(socket);
}

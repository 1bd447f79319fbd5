/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RTNETLINK_ROUTE_SOCKET_H
#define RTNETLINK_ROUTE_SOCKET_H

#include <stdbool.h>
#include <uv.h>

#include "failure.h"

/*
 * A NETLINK_ROUTE socket that is read on the event loop.
 *
 * The JavaScript wrapper, the uv handle and each send in flight hold one reference. The descriptor is
 * closed as soon as the socket is closed and no send uses it: a number reused by another file must
 * not be written to.
 */
struct route_socket {
	uv_poll_t poll;
	napi_env env;
	napi_ref on_receive;
	napi_async_context context;
	napi_async_cleanup_hook_handle cleanup;
	int fd;
	unsigned references;
	unsigned sends;
	bool closed;
};

/*
 * Opens a socket in the namespace (the process's own when `netns_fd` is negative) that calls `on_receive`
 * and holds no one's process open. The caller gets the wrapper's reference. NULL after failed().
 */
struct route_socket *route_socket_open(napi_env env, int netns_fd, napi_value on_receive,
				       struct failure *failure);

/* Ends receiving; a second call does nothing. */
void route_socket_close(struct route_socket *socket);

/* Gives the wrapper's reference back. */
void route_socket_release(struct route_socket *socket);

/* Around each use of the descriptor by another thread. */
void route_socket_begin_send(struct route_socket *socket);
void route_socket_end_send(struct route_socket *socket);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RTNETLINK_SOCKET_H
#define RTNETLINK_SOCKET_H

#include <node_api.h>

/*
 * openSocket(netnsFd, onReceive): socket
 *
 * An AF_NETLINK, NETLINK_ROUTE socket in the namespace (the thread's own when negative). `onReceive(bytes,
 * errno)` is called for each datagram from the kernel, and with undefined and an errno for each failure
 * of a receive; EMSGSIZE stands for a datagram too big for the buffer. The socket does not keep the
 * process alive (see holdSocket) and lives until closeSocket.
 */
napi_value socket_open(napi_env env, napi_callback_info info);

/* sendSocket(socket, bytes): Promise<undefined>. Resolves when the kernel has handled the messages. */
napi_value socket_send(napi_env env, napi_callback_info info);

/* setSocketOption(socket, level, option, value): undefined, for options that are an int. */
napi_value socket_set_option(napi_env env, napi_callback_info info);

/* holdSocket(socket, hold): undefined. Whether the socket keeps the process alive. */
napi_value socket_hold(napi_env env, napi_callback_info info);

/* closeSocket(socket): undefined. Nothing is received any more; a second call does nothing. */
napi_value socket_close(napi_env env, napi_callback_info info);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What rtnetlink needs and JavaScript cannot do: netlink sockets, namespaces, and sysctls of namespaces.
 * Messages are made and read in TypeScript. src/native/addon.ts declares these functions.
 */
#include <node_api.h>

#include "namespaces.h"
#include "socket.h"
#include "sysctl.h"

#define FUNCTION(name, callback) {name, NULL, callback, NULL, NULL, NULL, napi_enumerable, NULL}

NAPI_MODULE_INIT()
{
	const napi_property_descriptor functions[] = {
		FUNCTION("openSocket", socket_open),
		FUNCTION("sendSocket", socket_send),
		FUNCTION("setSocketOption", socket_set_option),
		FUNCTION("holdSocket", socket_hold),
		FUNCTION("closeSocket", socket_close),
		FUNCTION("isNetns", netns_is),
		FUNCTION("createNetns", netns_create),
		FUNCTION("unmountNetns", netns_unmount),
		FUNCTION("readSysctl", sysctl_read),
		FUNCTION("writeSysctl", sysctl_write),
	};

	napi_define_properties(env, exports, sizeof(functions) / sizeof(functions[0]), functions);
	return exports;
}

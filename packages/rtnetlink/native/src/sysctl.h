/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RTNETLINK_SYSCTL_H
#define RTNETLINK_SYSCTL_H

#include <node_api.h>

/* readSysctl(netnsFd, path): Promise<string>. The content of the file as that namespace sees it. */
napi_value sysctl_read(napi_env env, napi_callback_info info);

/* writeSysctl(netnsFd, path, value): Promise<undefined>. */
napi_value sysctl_write(napi_env env, napi_callback_info info);

#endif

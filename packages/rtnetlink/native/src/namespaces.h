/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RTNETLINK_NAMESPACES_H
#define RTNETLINK_NAMESPACES_H

#include <node_api.h>

/* isNetns(fd): boolean. Whether the file is a network namespace. */
napi_value netns_is(napi_env env, napi_callback_info info);

/*
 * createNetns(path, shared): Promise<undefined>
 *
 * Makes a namespace and mounts it on the new file `path`; EEXIST when there is one. A non-empty `shared` is
 * a folder that is first made a shared mount point, as ip-netns(8) does with /run/netns, so that
 * the mount is seen, and its end is seen, in mount namespaces derived from this one.
 */
napi_value netns_create(napi_env env, napi_callback_info info);

/* unmountNetns(path): Promise<undefined>. Detaches the topmost mount on `path`. */
napi_value netns_unmount(napi_env env, napi_callback_info info);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#ifndef RTNETLINK_THREAD_H
#define RTNETLINK_THREAD_H

#include "failure.h"

/* Work that changes or depends on the thread's network namespace. Returns 0, or -1 after failed(). */
typedef int (*thread_work)(void *argument, struct failure *failure);

/*
 * Runs `work` in a thread of its own that first enters the network namespace `netns_fd`, and waits for it.
 * A negative `netns_fd` leaves the thread in the caller's namespace, for work that makes a new one.
 * setns(2) and unshare(2) act on the calling thread only: with a thread made for one call, neither a
 * JavaScript thread nor one of libuv's pool is ever in another namespace than the process.
 */
int run_in_thread(int netns_fd, thread_work work, void *argument, struct failure *failure);

#endif

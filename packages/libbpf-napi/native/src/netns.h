/* Running a function inside another network namespace. */
#pragma once

/*
 * Runs `function` on a thread of its own that has entered the network namespace at `path`. The
 * thread ends afterwards, so that no thread of the pool can be left in a foreign namespace.
 * Returns 0, or a negative error number if the namespace cannot be entered.
 */
int netns_run(const char *path, void (*function)(void *argument), void *argument);

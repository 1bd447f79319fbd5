/*
 * A descriptor that calls JavaScript when there is something to read. libuv watches it, so that no
 * thread and no copy between threads is needed; its functions used here have been stable for all of
 * libuv 1.x, and no struct of it is looked into.
 */
#pragma once
#include <node_api.h>
#include <stdbool.h>
#include <uv.h>

/* A member of what owns the descriptor. */
struct watch {
	/* NULL when it is not open. */
	uv_poll_t *poll;
	napi_env env;
	napi_ref readable;
	napi_async_context context;
	napi_async_cleanup_hook_handle cleanup;
	/* Runs when the event loop has let go of the descriptor, which may be closed now. */
	void (*closed)(struct watch *watch);
};

/*
 * Prepares to call `readable` without arguments; the descriptor must stay open until `closed` ran.
 * Returns 0 or a negative error number, and then `closed` does not run.
 */
int watch_open(struct watch *watch, napi_env env, int fd, napi_value readable,
	       void (*closed)(struct watch *watch));

/* Whether `readable` is called, and holds the process. Returns 0 or a negative error number. */
int watch_set(struct watch *watch, bool active, bool keep_alive);

/* Idempotent. */
void watch_close(struct watch *watch);

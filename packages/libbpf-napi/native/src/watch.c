#include "watch.h"
#include <errno.h>
#include <stdlib.h>
#include "value.h"

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct watch *watch = uv_handle_get_data((uv_handle_t *)poll);
	napi_value callback, receiver, error;
	napi_handle_scope scope;

	(void)status;
	(void)events;
	if (napi_open_handle_scope(watch->env, &scope) != napi_ok)
		return;
	if (napi_get_reference_value(watch->env, watch->readable, &callback) == napi_ok &&
	    napi_get_global(watch->env, &receiver) == napi_ok &&
	    napi_make_callback(watch->env, watch->context, receiver, callback, 0, NULL, NULL) ==
		    napi_pending_exception &&
	    napi_get_and_clear_last_exception(watch->env, &error) == napi_ok)
		napi_fatal_exception(watch->env, error);
	napi_close_handle_scope(watch->env, scope);
}

static void on_closed(uv_handle_t *poll)
{
	struct watch *watch = uv_handle_get_data(poll);

	free(poll);
	napi_remove_async_cleanup_hook(watch->cleanup);
	watch->closed(watch);
}

void watch_close(struct watch *watch)
{
	uv_poll_t *poll = watch->poll;

	if (!poll)
		return;
	watch->poll = NULL;
	uv_poll_stop(poll);
	napi_delete_reference(watch->env, watch->readable);
	napi_async_destroy(watch->env, watch->context);
	uv_close((uv_handle_t *)poll, on_closed);
}

/* The environment ends while it is open. */
static void on_cleanup(napi_async_cleanup_hook_handle handle, void *data)
{
	(void)handle;
	watch_close(data);
}

int watch_open(struct watch *watch, napi_env env, int fd, napi_value readable,
	       void (*closed)(struct watch *watch))
{
	napi_value name = make_string(env, "libbpf-napi:watch", NAPI_AUTO_LENGTH);
	uv_poll_t *poll = calloc(1, uv_handle_size(UV_POLL));
	uv_loop_t *loop;

	if (!poll || napi_get_uv_event_loop(env, &loop) != napi_ok ||
	    uv_poll_init(loop, poll, fd)) {
		free(poll);
		return -ENOMEM;
	}
	*watch = (struct watch){.poll = poll, .env = env, .closed = closed};
	uv_handle_set_data((uv_handle_t *)poll, watch);
	napi_create_reference(env, readable, 1, &watch->readable);
	napi_async_init(env, NULL, name, &watch->context);
	napi_add_async_cleanup_hook(env, on_cleanup, watch, &watch->cleanup);
	return 0;
}

int watch_set(struct watch *watch, bool active, bool keep_alive)
{
	if (!watch->poll)
		return -EBADF;
	if (keep_alive)
		uv_ref((uv_handle_t *)watch->poll);
	else
		uv_unref((uv_handle_t *)watch->poll);
	return active ? uv_poll_start(watch->poll, UV_READABLE, on_readable)
		      : uv_poll_stop(watch->poll);
}

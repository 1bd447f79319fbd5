/* Programs that a socket holds itself. */
#include <errno.h>
#include <sys/socket.h>
#include "exports.h"
#include "value.h"

/* As src/attach-socket.ts numbers them. */
enum { SOCKET_FILTER, SOCKET_REUSEPORT };

static int set_option(int fd, int option, int value)
{
	return setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value)) ? -errno : 0;
}

/* socketProgram(fd, what, programFd): 0 or -errno; a program of -1 takes away the one that is there */
napi_value socket_program(napi_env env, napi_callback_info info)
{
	int32_t fd, program;
	uint32_t what;
	bool reuseport;
	int option;

	if (!read_arguments(env, info, "iui", &fd, &what, &program))
		return NULL;
	reuseport = what == SOCKET_REUSEPORT;
	if (program < 0)
		option = reuseport ? SO_DETACH_REUSEPORT_BPF : SO_DETACH_FILTER;
	else
		option = reuseport ? SO_ATTACH_REUSEPORT_EBPF : SO_ATTACH_BPF;
	return make_int(env, set_option(fd, option, program));
}

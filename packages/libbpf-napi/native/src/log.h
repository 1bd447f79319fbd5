/* What libbpf prints, kept per operation instead of going to standard error. */
#pragma once
#include <stddef.h>

struct log {
	char *text;
	size_t length, capacity;
};

/* Sends what libbpf prints on this thread into `log`, until the end. An operation stays on its thread. */
void log_begin(struct log *log);
void log_end(void);
void log_free(struct log *log);

/* Makes libbpf print through here. Called once per process. */
void log_install(void);

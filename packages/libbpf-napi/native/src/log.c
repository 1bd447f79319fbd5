#include "log.h"
#include <bpf/libbpf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static _Thread_local struct log *current;

static int grow(struct log *log, size_t needed)
{
	size_t capacity = log->capacity ? log->capacity : 512;
	char *text;

	while (capacity < needed)
		capacity *= 2;
	text = realloc(log->text, capacity);
	if (!text)
		return -1;
	log->text = text;
	log->capacity = capacity;
	return 0;
}

/* Debug lines are left out: they would hide the one that says what is wrong. */
static int print(enum libbpf_print_level level, const char *format, va_list args)
{
	struct log *log = current;
	va_list again;
	int length;

	if (!log || level == LIBBPF_DEBUG)
		return 0;
	va_copy(again, args);
	length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0 ||
	    (log->length + length >= log->capacity && grow(log, log->length + length + 1)))
		return 0;
	vsnprintf(log->text + log->length, length + 1, format, args);
	log->length += length;
	return length;
}

void log_begin(struct log *log)
{
	current = log;
}

void log_end(void)
{
	current = NULL;
}

void log_free(struct log *log)
{
	free(log->text);
	*log = (struct log){};
}

void log_install(void)
{
	libbpf_set_print(print);
}

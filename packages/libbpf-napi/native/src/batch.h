/* Work on many entries of a map, off the event loop: what reading and writing have in common. */
#pragma once
#include "job.h"
#include "value.h"

/* The kernel's answer where a map type lacks an operation; no errno.h has it. */
#define ENOTSUPP 524

struct batch_job {
	struct job job;
	/* A descriptor of this job's own. */
	int fd;
	uint32_t key_size, value_size;
	/* How many entries there is room for, and how many there are. */
	uint32_t capacity, count;
	uint8_t *keys, *values;
	/* Where to go on: the kernel's own token for batches, the last key when going key by key. */
	uint8_t *position;
	bool resumed, done;
	/* Whether to go key by key, because this map has no batches. */
	bool single;
	uint32_t deleted;
};

size_t batch_position_size(const struct batch_job *batch);

/* Makes room for `capacity` entries, zeroed. Returns 0 or a negative error number. */
int batch_allocate(struct batch_job *batch);

/* Closes and frees what the job holds; for `release`. */
void batch_release(struct job *job);

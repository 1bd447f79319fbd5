#include "batch.h"
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

size_t batch_position_size(const struct batch_job *batch)
{
	return batch->key_size > sizeof(uint32_t) ? batch->key_size : sizeof(uint32_t);
}

void batch_release(struct job *job)
{
	struct batch_job *batch = (struct batch_job *)job;

	if (batch->fd >= 0)
		close(batch->fd);
	free(batch->keys);
	free(batch->values);
	free(batch->position);
}

int batch_allocate(struct batch_job *batch)
{
	batch->keys = calloc(batch->capacity, batch->key_size);
	batch->values = batch->value_size ? calloc(batch->capacity, batch->value_size) : NULL;
	batch->position = calloc(1, batch_position_size(batch));
	return batch->keys && (batch->values || !batch->value_size) && batch->position ? 0
										       : -ENOMEM;
}

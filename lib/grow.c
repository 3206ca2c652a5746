/* An array that doubles as it fills; see grow.h. */
#include "grow.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int grow(void *array, size_t *room, size_t need, size_t size)
{
	size_t more = *room ? *room : 16;
	void *old, *bigger;

	if (need <= *room)
		return 0;
	while (more < need) {
		if (more > SIZE_MAX / 2 / size)
			return -ENOMEM;
		more *= 2;
	}
	memcpy(&old, array, sizeof old); /* any type of pointer */
	bigger = realloc(old, more * size);
	if (!bigger)
		return -ENOMEM;
	memcpy(array, &bigger, sizeof bigger);
	*room = more;
	return 0;
}

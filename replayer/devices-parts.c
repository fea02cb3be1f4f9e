// SPDX-License-Identifier: MIT
#include "replayer/devices-parts.h"

struct tl_belief *tl_devices_add(struct tl_device_guess *guess, enum tl_device_from from)
{
	struct tl_belief *b;

	if (guess->n == TL_DEVICES)
		return NULL;
	b = &guess->device[guess->n++];
	*b = (struct tl_belief){ .from = from };
	return b;
}

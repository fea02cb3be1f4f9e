// SPDX-License-Identifier: MIT
#include "schema/wire/ioctl.h"

#include <linux/ioctl.h>

#define DIRECTION_NONE _IOC_NONE
#define DIRECTION_R    _IOC_READ
#define DIRECTION_W    _IOC_WRITE
#define DIRECTION_RW   (_IOC_READ | _IOC_WRITE)

static const struct tl_ioctl table[] = {
#define TL_IOCTL(name, on, direction, number, rule)                                                \
	{ #name, TL_ON_##on, DIRECTION_##direction, number, TL_IOCTL_##rule, NULL },
#define TL_IOCTL_SKIP(name, on, direction, number, why)                                            \
	{ #name, TL_ON_##on, DIRECTION_##direction, number, TL_IOCTL_SKIPPED, why },
#include "schema/wire/ioctls.def"
#undef TL_IOCTL
#undef TL_IOCTL_SKIP
};

static const unsigned n_table = sizeof(table) / sizeof(*table);

const struct tl_ioctl *tl_ioctl_find(enum tl_descriptor on, uint32_t request)
{
	for (unsigned i = 0; i < n_table; i++)
		if (table[i].number == _IOC_NR(request) &&
			table[i].direction == _IOC_DIR(request) && table[i].on & on)
			return &table[i];
	return NULL;
}

const struct tl_ioctl *tl_ioctl_at(unsigned n)
{
	return n < n_table ? &table[n] : NULL;
}

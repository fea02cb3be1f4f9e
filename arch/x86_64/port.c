// SPDX-License-Identifier: MIT
#include "arch/x86_64/port.h"

#include <stddef.h>

struct ports {
	uint16_t first, last;
	bool assumed;
	const char *name;
};

static const struct ports ports[] = {
#define PORTS(first, last, name) { first, last, false, name },
#define QEMU(first, last, name)	 { first, last, true, name },
#include "arch/x86_64/port.def"
#undef PORTS
#undef QEMU
};

// Narrower ranges stand before those that hold them.
static const struct ports *find(uint16_t port)
{
	for (unsigned i = 0; i < sizeof(ports) / sizeof(ports[0]); i++)
		if (port >= ports[i].first && port <= ports[i].last)
			return &ports[i];
	return NULL;
}

const char *tl_x86_port_name(uint16_t port)
{
	const struct ports *found = find(port);

	return found ? found->name : NULL;
}

bool tl_x86_port_is_assumed(uint16_t port)
{
	const struct ports *found = find(port);

	return found && found->assumed;
}

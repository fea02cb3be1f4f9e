// SPDX-License-Identifier: MIT
#include "recorder/vmm/bus.h"

#include <string.h>

#include "recorder/vmm/machine.h"

static const struct tl_bus_device *find(
	const struct tl_board *board, const struct tl_access *access)
{
	for (unsigned i = 0; i < board->n_devices; i++) {
		const struct tl_bus_device *device = &board->devices[i];

		if (device->space == access->space && access->address - device->base < device->size)
			return device;
	}
	return NULL;
}

// Hosts and guests are both little-endian.
static struct tl_error *perform(struct tl_machine *machine, const struct tl_bus_device *device,
	const struct tl_access *access)
{
	uint64_t offset = access->address - device->base;
	uint64_t value = 0;

	if (!access->is_write) {
		value = device->read(machine, offset);
		memcpy(access->data, &value, access->size);
		return NULL;
	}
	memcpy(&value, access->data, access->size);
	return device->write(machine, offset, value);
}

struct tl_error *tl_bus_access(
	struct tl_machine *machine, const struct tl_access *access, bool *ret_answered)
{
	const struct tl_bus_device *device = find(machine->board, access);
	struct tl_error *err = NULL;

	*ret_answered = device;
	if (!device)
		return NULL;
	pthread_mutex_lock(&machine->bus_lock);
	err = perform(machine, device, access);
	pthread_mutex_unlock(&machine->bus_lock);
	return err;
}

bool tl_bus_has(const struct tl_machine *machine, const struct tl_access *access)
{
	return find(machine->board, access);
}

// SPDX-License-Identifier: MIT
// Accesses of an instruction that is carried out, of memory and of devices.
#include "arch/arm64/emulate_parts.h"

#include <inttypes.h>
#include <string.h>

static bool device_read(struct tl_emulation *e, const struct tl_emulate_place *place, uint8_t *ret)
{
	const struct tl_device *device = e->device;

	if (!place->has_gpa)
		return TL_EMULATE_LACK(e, NULL,
			"where 0x%" PRIx64 " lies in guest physical memory is not known",
			place->va);
	if (device && device->read && device->read(device->ctx, place->gpa, place->size, ret))
		return true;
	return TL_EMULATE_LACK(
		e, NULL, "what the device gives at 0x%" PRIx64 " is not known", place->gpa);
}

static bool ram_read(struct tl_emulation *e, const struct tl_emulate_place *place, uint8_t *ret)
{
	const struct tl_mem mem = tl_emulate_mem(e);

	return mem.read(mem.ctx, place->gpa, ret, place->size) ||
	       TL_EMULATE_LACK(e, NULL, "the %u bytes of memory at 0x%" PRIx64 " were not recorded",
		       place->size, place->gpa);
}

static bool transfer(struct tl_emulation *e, const struct tl_emulate_place *place, bool write,
	const uint8_t *bytes)
{
	struct tl_transfer t = { .has_va = true,
		.no_gpa = !place->has_gpa,
		.write = write,
		.is_device =
			place->kind == TL_BACKING_HOLE || (write && place->kind == TL_BACKING_ROM),
		.size = (uint8_t)place->size,
		.va = place->va,
		.gpa = place->has_gpa ? place->gpa : 0 };

	memcpy(t.data, bytes, place->size);
	if (t.is_device && (place->va & (e->insn->size - 1)) && e->insn->size)
		tl_emulate_note(
			e, "the device is accessed at an address that is no multiple of the size");
	return tl_effect_transfer(e->ret, &t) ||
	       TL_EMULATE_REFUSE(e, NULL, "it has more than %d accesses", TL_TRANSFERS);
}

bool tl_emulate_read(struct tl_emulation *e, tl_gva va, unsigned size, uint8_t *ret)
{
	struct tl_emulate_place places[2];
	unsigned done = 0;

	if (!tl_emulate_find_places(e, va, size, false, places))
		return false;
	for (unsigned i = 0; i < 2 && places[i].size; i++) {
		const struct tl_emulate_place *place = &places[i];
		const bool device = place->kind == TL_BACKING_HOLE;

		if (!(device ? device_read : ram_read)(e, place, ret + done) ||
			!transfer(e, place, false, ret + done))
			return false;
		done += place->size;
	}
	return true;
}

bool tl_emulate_write(struct tl_emulation *e, tl_gva va, unsigned size, const uint8_t *bytes)
{
	struct tl_emulate_place places[2];
	unsigned done = 0;

	if (!tl_emulate_find_places(e, va, size, true, places))
		return false;
	for (unsigned i = 0; i < 2 && places[i].size; i++) {
		if (!transfer(e, &places[i], true, bytes + done))
			return false;
		done += places[i].size;
	}
	return true;
}

bool tl_emulate_check_atomic(struct tl_emulation *e, unsigned bytes)
{
	struct tl_emulate_place places[2];

	if (!tl_emulate_find_places(e, e->va, bytes, true, places))
		return false;
	return places[0].kind == TL_BACKING_RAM ||
	       TL_EMULATE_REFUSE(e, "Arm ARM B2.2.1",
		       "%s at 0x%" PRIx64 ", which is no RAM: not atomic when emulated",
		       e->insn->name, places[0].gpa);
}

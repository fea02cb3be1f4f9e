// SPDX-License-Identifier: MIT
// What a guest physical address is to KVM, in words.
#include "shell/explain.h"
#include "shell/text.h"

#include <inttypes.h>

static void put_slot(FILE *to, const struct tl_slot *slot)
{
	fprintf(to, "%s at 0x%" PRIx64 "-0x%" PRIx64, slot->read_only ? "read-only memory" : "RAM",
		slot->gpa, slot->gpa + slot->size - 1);
}

static void put_near(FILE *to, tl_gpa gpa, const struct tl_backing *b)
{
	const uint64_t up = b->has_above ? b->above.gpa - gpa : UINT64_MAX;
	const uint64_t down = b->has_below ? gpa - (b->below.gpa + b->below.size - 1) : UINT64_MAX;

	fputs("no memory slot shows it", to);
	if (!b->has_above && !b->has_below)
		return;
	fputs("; the nearest is ", to);
	put_slot(to, up < down ? &b->above : &b->below);
	fputs(", ", to);
	tl_put_size(to, up < down ? up : down);
	fputs(up < down ? " above" : " below", to);
}

void tl_put_backing(
	FILE *to, tl_gpa gpa, const struct tl_backing *b, const struct tl_platform *platform)
{
	switch (b->kind) {
	case TL_BACKING_NOT_KNOWN:
		fputs("the memory slots are not recorded", to);
		return;
	case TL_BACKING_RAM:
	case TL_BACKING_ROM:
		put_slot(to, &b->slot);
		return;
	case TL_BACKING_HOLE:
		put_near(to, gpa, b);
		return;
	case TL_BACKING_BEYOND_VM:
		fprintf(to, "no address of this VM: its IPA size is %u bits", platform->ipa_bits);
		return;
	case TL_BACKING_BEYOND_HOST:
		fprintf(to, "no address of this host: its PARange is %u bits",
			platform->host_ipa_bits);
		return;
	}
}

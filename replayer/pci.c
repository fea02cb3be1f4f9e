// SPDX-License-Identifier: MIT
// PCI Local Bus 3.0, 6.1 "configuration space", 6.2.5 "base addresses".
#include "replayer/pci.h"

#include "replayer/devices-parts.h"

#include <inttypes.h>
#include <stdio.h>

// What is written to learn the size: some leave the low bits out.
#define ALL_ONES UINT32_C(0xfffffff0)

enum {
	BAR_IO = 1,
	BAR_KIND = 0xf, // not of the address
	BAR_64 = 4,	// of the two bits of its type
	TYPE = 6,
	UNKNOWN_SIZE = 0x1000,
};

static struct tl_pci_function *function_of(struct tl_pci *pci, uint32_t at)
{
	for (unsigned n = 0; n < pci->n; n++)
		if (pci->function[n].at == at)
			return &pci->function[n];
	if (pci->n == TL_PCI_FUNCTIONS)
		return NULL;
	pci->function[pci->n].at = at;
	return &pci->function[pci->n++];
}

// What was read of a field of `width` bytes at `from`, with what is known of it.
static void learn(const struct tl_pci_config *c, unsigned from, unsigned width, uint32_t *field)
{
	for (unsigned byte = 0; byte < c->size; byte++) {
		const unsigned n = c->offset + byte - from;

		if (c->offset + byte < from || n >= width)
			continue;
		*field &= ~(UINT32_C(0xff) << 8 * n);
		*field |= (uint32_t)(c->value >> 8 * byte & 0xff) << 8 * n;
	}
}

// The type of a BAR is known only once it was read; what is read back is no news otherwise.
static void take_bar(struct tl_pci_bar *bar, const struct tl_pci_config *c)
{
	const uint32_t value = (uint32_t)c->value;
	const bool probes = c->write && value >= ALL_ONES;

	if (!c->write && bar->probing) {
		bar->mask = value;
		return;
	}
	bar->probing = probes;
	if (probes || (!c->write && !value))
		return;
	if (c->write || !bar->seq || (value ^ bar->value) & ~(uint32_t)BAR_KIND) {
		bar->written = c->write;
		bar->seq = c->seq;
	}
	bar->value = value;
}

static unsigned bars_of(const struct tl_pci_function *f)
{
	return f->header & 0x7f ? 2 : TL_PCI_BARS;
}

void tl_pci_take(struct tl_pci *pci, const struct tl_pci_config *c)
{
	struct tl_pci_function *f = c->has_value ? function_of(pci, c->at) : NULL;
	const unsigned bar = (c->offset - 0x10) / 4;
	uint32_t header;

	if (!f)
		return;
	if (c->offset >= 0x10 && c->size == 4 && !(c->offset & 3) && bar < bars_of(f))
		take_bar(&f->bar[bar], c);
	if (c->write)
		return;
	header = f->header;
	learn(c, 0x00, 4, &f->id);
	learn(c, 0x09, 3, &f->class);
	learn(c, 0x0e, 1, &header);
	f->header = (uint8_t)header;
}

static bool is_64(const struct tl_pci_bar *bar)
{
	return ((bar->mask | bar->value) & (BAR_IO | TYPE)) == BAR_64;
}

// The window of BAR `n`; false for one of ports, and one that is not assigned.
static bool window_of(const struct tl_pci_function *f, unsigned n, tl_gpa *ret, uint64_t *ret_size)
{
	const struct tl_pci_bar *bar = &f->bar[n], *high = bar + 1;
	const bool wide = is_64(bar) && n + 1 < TL_PCI_BARS;
	uint64_t mask = bar->mask & ~(uint32_t)BAR_KIND;

	if ((bar->mask | bar->value) & BAR_IO || !bar->seq)
		return false;
	*ret = bar->value & ~(uint32_t)BAR_KIND;
	if (wide && high->seq)
		*ret |= (uint64_t)high->value << 32;
	mask |= (uint64_t)(wide && high->mask ? high->mask : UINT32_MAX) << 32;
	*ret_size = bar->mask ? ~mask + 1 : UNKNOWN_SIZE;
	return *ret && *ret_size;
}

static const char *class_name(uint32_t class)
{
	static const struct {
		uint32_t code;
		unsigned bytes;
		const char *name;
	} classes[] = {
#define PCI_CLASS(code, bytes, name) { code, bytes, name },
#include "replayer/pci-class.def"
#undef PCI_CLASS
	};

	for (size_t n = 0; n < sizeof(classes) / sizeof(classes[0]); n++)
		if (!((class ^ classes[n].code) >> 8 * (3 - classes[n].bytes)))
			return classes[n].name;
	return NULL;
}

static void put_name(const struct tl_pci_function *f, unsigned bar, char *text, size_t size)
{
	const char *name = class_name(f->class);
	char id[16] = "";

	if (f->id && f->id != UINT32_MAX)
		snprintf(id, sizeof(id), ", %04x:%04x", f->id & 0xffff, f->id >> 16);
	snprintf(text, size, "BAR %u of PCI %02x:%02x.%u%s%s%s%s", bar, f->at >> 8 & 0xff,
		f->at >> 3 & 31, f->at & 7, id, name ? " (" : "", name ? name : "",
		name ? ")" : "");
}

static void say(struct tl_device_guess *ret, const struct tl_pci_function *f, unsigned n,
	tl_gpa first, uint64_t size)
{
	struct tl_belief *b = tl_devices_add(ret, TL_DEVICE_PCI);
	const struct tl_pci_bar *bar = &f->bar[n];

	if (!b)
		return;
	b->first = first;
	b->last = first + size - 1;
	b->seq = bar->seq;
	put_name(f, n, b->name, sizeof(b->name));
	snprintf(b->why, sizeof(b->why), "the BAR was %s at exit %" PRIu64 "%s",
		bar->written ? "written" : "read", bar->seq,
		bar->mask ? "" : "; its size is not known, a page is taken");
}

void tl_pci_find(const struct tl_pci *pci, tl_gpa gpa, struct tl_device_guess *ret)
{
	for (unsigned n = 0; n < pci->n; n++)
		for (unsigned bar = 0; bar < bars_of(&pci->function[n]); bar++) {
			uint64_t size;
			tl_gpa first;

			if (window_of(&pci->function[n], bar, &first, &size) && gpa >= first &&
				gpa - first < size)
				say(ret, &pci->function[n], bar, first, size);
			if (is_64(&pci->function[n].bar[bar]))
				bar++;
		}
}

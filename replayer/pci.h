/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_PCI_H
#define TL_REPLAYER_PCI_H

#include "replayer/devices.h"

/** One access to the configuration space of a PCI function. */
struct tl_pci_config {
	uint32_t at; /**< bus << 8 | device << 3 | function */
	unsigned offset, size;
	bool write, has_value;
	uint64_t value;
	tl_seq seq;
};

enum { TL_PCI_FUNCTIONS = 64, TL_PCI_BARS = 6 };

/** A base address register. */
struct tl_pci_bar {
	uint32_t value, mask; /**< mask: what it read after all ones; 0: not asked */
	bool probing, written;
	tl_seq seq; /**< of the value; 0: none */
};

struct tl_pci_function {
	uint32_t at;
	uint32_t id, class; /**< class: 24 bits; 0: not known */
	uint8_t header;
	struct tl_pci_bar bar[TL_PCI_BARS];
};

/** What a guest's accesses told of PCI functions, so many of them. Starts zeroed. */
struct tl_pci {
	unsigned n;
	struct tl_pci_function function[TL_PCI_FUNCTIONS];
};

/** Accesses come in the order in which the guest made them. */
void tl_pci_take(struct tl_pci *pci, const struct tl_pci_config *config);

/** One belief for each BAR of memory whose window holds the address. */
void tl_pci_find(const struct tl_pci *pci, tl_gpa gpa, struct tl_device_guess *ret);

#endif

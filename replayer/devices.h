/* SPDX-License-Identifier: MIT */
#ifndef TL_REPLAYER_DEVICES_H
#define TL_REPLAYER_DEVICES_H

#include "arch/arch.h"
#include "schema/trace/reader.h"

/** What a belief about a device rests on, the firmest first. */
enum tl_device_from {
	TL_DEVICE_IN_KERNEL, /**< an interrupt controller or the like that the VMM set up in KVM */
	TL_DEVICE_PCI,	     /**< a BAR that the guest assigned, as configuration writes show */
	TL_DEVICE_SEEN,	     /**< the VMM answered accesses nearby in this trace */
	TL_DEVICE_ASSUMED,   /**< the map of a board that the VMM, or an assumption, names */
};

/** One belief. */
struct tl_belief {
	enum tl_device_from from;
	/** "BAR 0 of PCI 00:02.0, 1b36:000d (xHCI USB controller)", "GICv3 distributor" */
	char name[96];
	tl_gpa first, last; /**< its window */
	/**
	 * The evidence in words: "12 reads and 3 writes at 0x9000000-0x9000047, the last at exit
	 * 41"; "the BAR was written at exit 1234".
	 */
	char why[160];
	tl_seq seq; /**< of the evidence; 0: of none */
};

#define TL_DEVICES 5

/** All there is to be believed about an address, the firmest first. */
struct tl_device_guess {
	unsigned n;
	struct tl_belief device[TL_DEVICES];
};

/**
 * What stands at that guest physical address of a VM, at exit `seq`. Looks at no more rows than
 * takes some 30 ms, nearest to `seq` first. A trace that names no VMM is held for QEMU's board,
 * which `why` calls an assumption. Errors are those of the trace.
 */
TL_CHECK struct tl_error *tl_devices_find(
	struct tl_trace *trace, uint32_t vm, tl_seq seq, tl_gpa gpa, struct tl_device_guess *ret);

/** The assumed board's window at that address alone; false when it has none, or RAM, there. */
bool tl_devices_assumed(const struct tl_trace *trace, tl_gpa gpa, struct tl_belief *ret);

#endif

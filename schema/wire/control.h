/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_WIRE_CONTROL_H
#define TL_SCHEMA_WIRE_CONTROL_H

#include <stdint.h>

/*
 * The control channel: a SOCK_SEQPACKET connection from each process that uses KVM to the collector,
 * at the abstract address in the arena. The shim says hello when the process first uses KVM; the
 * collector checks who it is (SO_PEERCRED) and which version it speaks, and welcomes or refuses it.
 * A process that was refused runs unrecorded. One packet is one message.
 *
 *   message:  | version:16 | type:16 | size:32 | body ... |
 *
 * Further messages, from the collector to a welcomed process, get further types.
 */
enum {
	TL_CONTROL_VERSION = 1,
	TL_CONTROL_BODY = 256, /**< most bytes of a body */
};

enum tl_control_type {
	TL_CONTROL_HELLO = 1, /**< shim: struct tl_control_hello */
	TL_CONTROL_WELCOME,   /**< collector: no body */
	TL_CONTROL_REFUSED,   /**< collector: text, why */
};

struct tl_control_message {
	uint16_t version;
	uint16_t type;
	uint32_t size; /**< bytes of the body */
	uint8_t body[TL_CONTROL_BODY];
};

enum { TL_CONTROL_HEADER = 8 };

struct tl_control_hello {
	uint32_t pid;	/**< as the process sees itself */
	uint32_t arena; /**< TL_ARENA_VERSION that it was built with */
};

/*
 * A VMM that records itself (trapline_start()) has a second SOCK_SEQPACKET socket, to the collector
 * that it started. The collector sends the arena's descriptor, or text that says why not. One byte
 * from the VMM, or its end, ends the recording; then the collector sends TL_COLLECT_DONE or why the
 * trace is not whole.
 */
#define TL_COLLECT_DONE "done"
enum { TL_COLLECT_TEXT = 512 /**< bytes of a text, with its end */ };

#endif

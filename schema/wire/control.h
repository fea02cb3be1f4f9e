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

#endif

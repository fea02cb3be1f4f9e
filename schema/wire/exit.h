/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_WIRE_EXIT_H
#define TL_SCHEMA_WIRE_EXIT_H

#include "arch/arch.h"

#include <stddef.h>
#include <stdint.h>

enum {
	TL_RUN_UNION = 32, /**< offset of the exit payload in struct kvm_run */
	TL_RUN_UNION_BYTES = 256,
};

/** Exit reasons that the shim looks for and the oldest headers do not have. */
enum { TL_RUN_MEMORY_FAULT = 39, TL_RUN_ARM_SEA = 41, TL_RUN_ARM_LDST64B = 42 };

/**
 * Which kernel's numbers an exit is in. Stored in traces: never renumber. The IDSR patch was never
 * merged, and was posted with two layouts (its uapi header's and its tools header's).
 */
enum tl_abi { TL_ABI_MAINLINE = 0, TL_ABI_IDSR = 1, TL_ABI_IDSR_TOOLS = 2 };

/** What a field of a payload is in a row of the trace. */
enum tl_role {
	TL_ROLE_NONE, /**< only a part of the payload */
	TL_ROLE_ADDR,
	TL_ROLE_SIZE,
	TL_ROLE_WRITE,
	TL_ROLE_COUNT,
	TL_ROLE_VALUE,	/**< what the guest or the CPU says */
	TL_ROLE_ANSWER, /**< filled by userspace before the next KVM_RUN */
	TL_ROLE_BOTH,	/**< the guest's value on a write, userspace's on a read */
};

enum tl_look { TL_LOOK_HEX, TL_LOOK_DEC, TL_LOOK_BYTES };

struct tl_field {
	const char *name;
	uint16_t offset; /**< in struct kvm_run */
	uint16_t size;	 /**< bytes */
	uint8_t role;	 /**< enum tl_role */
	uint8_t look;	 /**< enum tl_look */
};

/** One kind of exit, as one architecture and ABI number it. */
struct tl_exit_kind {
	const char *name;	       /**< lower case, short: "mmio" */
	uint32_t number;	       /**< KVM_EXIT_* */
	uint16_t payload;	       /**< bytes of the union that mean something */
	uint8_t archs;		       /**< mask of 1 << enum tl_arch_id */
	uint8_t abi;		       /**< enum tl_abi */
	const struct tl_field *fields; /**< see tl_exit_fields() */
};

/**
 * The kind that `number` is on this architecture under this ABI; NULL when it is none that we know:
 * such an exit is kept raw. Source: KVM API 5 and <linux/kvm.h>.
 */
const struct tl_exit_kind *tl_exit_kind(enum tl_arch_id arch, enum tl_abi abi, uint32_t number);

/** The same by name, for people's words; NULL when there is none. */
const struct tl_exit_kind *tl_exit_kind_named(
	enum tl_arch_id arch, enum tl_abi abi, const char *name);

/** The kinds one by one: n from 0 until it gives NULL. */
const struct tl_exit_kind *tl_exit_kind_at(unsigned n);

/** The fields of its payload, in the order of the table. */
const struct tl_field *tl_exit_fields(const struct tl_exit_kind *kind, unsigned *n);

/** The field of that role, or NULL. */
const struct tl_field *tl_exit_field(const struct tl_exit_kind *kind, enum tl_role role);

/**
 * A field's value from the payload (`bytes` of kvm_run from offset 32); 0 when it lies beyond, or
 * is longer than 8 bytes.
 */
uint64_t tl_field_value(const struct tl_field *field, const uint8_t *payload, size_t bytes);

/**
 * The part of kvm_run that userspace fills in answer to this kind of exit: from `*from` to `*to`,
 * absolute offsets; both 0 when there is none. PIO data, which stands elsewhere, is not in it.
 */
void tl_exit_answer(const struct tl_exit_kind *kind, unsigned *from, unsigned *to);

/** The 8-byte field that userspace fills and that is the answer's value; NULL when there is none. */
const struct tl_field *tl_exit_value_answer(const struct tl_exit_kind *kind);

/** Names of KVM_EXIT_SYSTEM_EVENT types, KVM_EXIT_INTERNAL_ERROR suberrors; NULL when unknown. */
const char *tl_system_event_name(uint64_t type);
const char *tl_internal_error_name(uint64_t suberror);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_WIRE_IOCTL_H
#define TL_SCHEMA_WIRE_IOCTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The kinds of KVM descriptors; a mask in the table. */
enum tl_descriptor {
	TL_ON_SYSTEM = 1,
	TL_ON_VM = 2,
	TL_ON_VCPU = 4,
	TL_ON_DEVICE = 8,
	TL_ON_ANY = 15,
};

/** How the bytes of an input's argument are found; see ioctls.def. */
enum tl_ioctl_rule {
	TL_IOCTL_SKIPPED,
	TL_IOCTL_VALUE,
	TL_IOCTL_STRUCT,
	TL_IOCTL_HEAD_8_ITEM_16,
	TL_IOCTL_HEAD_8_ITEM_24,
	TL_IOCTL_HEAD_8_ITEM_40,
	TL_IOCTL_HEAD_8_ITEM_48,
	TL_IOCTL_ONE_REG,      /**< struct kvm_one_reg, then the register's value */
	TL_IOCTL_NESTED_STATE, /**< struct kvm_nested_state, whose size is in it */
	TL_IOCTL_DEVICE_ATTR,  /**< struct kvm_device_attr, then up to 8 bytes at its addr */
	TL_IOCTL_CONFIDENTIAL, /**< makes a guest whose memory nobody may read: refused */
};

struct tl_ioctl {
	const char *name;  /**< without "KVM_" */
	uint8_t on;	   /**< mask of enum tl_descriptor */
	uint8_t direction; /**< _IOC_NONE, _IOC_READ, _IOC_WRITE, both */
	uint8_t number;
	uint8_t rule;	 /**< enum tl_ioctl_rule */
	const char *why; /**< why it is not recorded; NULL for one that is */
};

/**
 * The entry for a request of type 0xAE on that kind of descriptor, whatever size it names (sizes
 * differ by architecture and grow with kernels); NULL for one that the table does not have.
 */
const struct tl_ioctl *tl_ioctl_find(enum tl_descriptor on, uint32_t request);

/** The entries one by one: n from 0 until it gives NULL. */
const struct tl_ioctl *tl_ioctl_at(unsigned n);

#endif

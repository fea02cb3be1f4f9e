// SPDX-License-Identifier: MIT
// The bytes behind an ioctl's argument, by the rules of ioctls.def. Only after the kernel has
// accepted the ioctl: then it has read them itself.
#include "recorder/shim/argument.h"

#include "recorder/shim/shim.h"

#include <linux/ioctl.h>
#include <string.h>

enum { MOST = 1 << 18 };

static uint32_t load_u32(const void *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	return value;
}

static uint32_t items(const void *arg, uint32_t item)
{
	const uint64_t size = 8 + (uint64_t)load_u32(arg) * item;

	return size > MOST ? MOST : (uint32_t)size;
}

static struct tl_shim_argument with_tail(
	const void *arg, uint32_t size, uint64_t tail, uint32_t tail_size)
{
	return (struct tl_shim_argument){ arg, size, (const void *)(uintptr_t)tail,
		tail_size }; // NOLINT
}

static struct tl_shim_argument one_reg(const struct kvm_one_reg *reg)
{
	const unsigned log2 = (unsigned)((reg->id & KVM_REG_SIZE_MASK) >> KVM_REG_SIZE_SHIFT);

	return with_tail(reg, sizeof(*reg), reg->addr, log2 <= 8 ? UINT32_C(1) << log2 : 0);
}

// What an attribute points to depends on its group: up to 8 bytes are read, without a fault.
static struct tl_shim_argument device_attr(const struct kvm_device_attr *attr)
{
	return with_tail(attr, sizeof(*attr), attr->addr, attr->addr ? 8 : 0);
}

struct tl_shim_argument tl_shim_argument(
	const struct tl_ioctl *entry, uint32_t request, const void *arg)
{
	switch ((enum tl_ioctl_rule)entry->rule) {
	case TL_IOCTL_SKIPPED:
	case TL_IOCTL_VALUE:
		break;
	case TL_IOCTL_HEAD_8_ITEM_16:
		return with_tail(arg, items(arg, 16), 0, 0);
	case TL_IOCTL_HEAD_8_ITEM_24:
		return with_tail(arg, items(arg, 24), 0, 0);
	case TL_IOCTL_HEAD_8_ITEM_40:
		return with_tail(arg, items(arg, 40), 0, 0);
	case TL_IOCTL_HEAD_8_ITEM_48:
		return with_tail(arg, items(arg, 48), 0, 0);
	case TL_IOCTL_ONE_REG:
		return one_reg(arg);
	case TL_IOCTL_NESTED_STATE: // u16 flags, u16 format, u32 size of it all
		return with_tail(arg, load_u32((const uint8_t *)arg + 4) & (MOST - 1), 0, 0);
	case TL_IOCTL_DEVICE_ATTR:
		return device_attr(arg);
	case TL_IOCTL_STRUCT:
	case TL_IOCTL_CONFIDENTIAL:
		return with_tail(arg, _IOC_SIZE(request), 0, 0);
	}
	return (struct tl_shim_argument){ 0 };
}

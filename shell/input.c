// SPDX-License-Identifier: MIT
#include "shell/input.h"

#include "shell/text.h"

#include <inttypes.h>
#include <linux/ioctl.h>
#include <linux/kvm.h>
#include <string.h>

enum { SHOWN = 32 /* bytes of an argument on a line */ };

static const char *name_of(const struct tl_input *input)
{
	const struct tl_ioctl *ioctl = tl_ioctl_find(input->on, input->request);

	return ioctl ? ioctl->name : NULL;
}

static void put_name(FILE *to, const struct tl_input *input)
{
	if (name_of(input))
		fprintf(to, "KVM_%s", name_of(input));
	else
		fprintf(to, "ioctl 0x%x", input->request);
}

static void put_descriptor(FILE *to, const struct tl_input *input)
{
	switch (input->on) {
	case TL_ON_VM:
		fprintf(to, " on VM %u", input->vm);
		return;
	case TL_ON_VCPU:
		fprintf(to, " on vCPU %u", input->vcpu);
		return;
	case TL_ON_DEVICE:
		fprintf(to, " on device %u", input->device);
		return;
	case TL_ON_SYSTEM:
	case TL_ON_ANY:
		return;
	}
}

static uint64_t load(const uint8_t *bytes, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size && i < 8; i++)
		value |= (uint64_t)bytes[i] << 8 * i;
	return value;
}

// struct kvm_one_reg, then the register's value.
static void put_one_reg(FILE *to, const uint8_t *bytes, size_t size)
{
	fprintf(to, "0x%" PRIx64 " = 0x%" PRIx64, load(bytes, 8), load(bytes + 16, size - 16));
}

// struct kvm_irq_level
static void put_irq_line(FILE *to, const uint8_t *bytes, size_t size)
{
	(void)size;
	fprintf(to, "irq 0x%" PRIx64 " = %" PRIu64, load(bytes, 4), load(bytes + 4, 4));
}

// struct kvm_userspace_memory_region, and what stands first in its successor
static void put_region(FILE *to, const uint8_t *bytes, size_t size)
{
	const uint64_t flags = load(bytes + 4, 4), gpa = load(bytes + 8, 8),
		       bytes_of_it = load(bytes + 16, 8);

	(void)size;
	fprintf(to, "slot 0x%" PRIx64, load(bytes, 4));
	if (!bytes_of_it) {
		fputs(" removed", to);
		return;
	}
	fprintf(to, " = 0x%" PRIx64 "-0x%" PRIx64, gpa, gpa + bytes_of_it - 1);
	if (flags)
		fprintf(to, ", flags 0x%" PRIx64, flags);
	if (flags & KVM_MEM_READONLY)
		fputs(" (read-only)", to);
}

// struct kvm_device_attr; what its address points to has a size that only the device knows
static void put_attribute(FILE *to, const uint8_t *bytes, size_t size)
{
	fprintf(to, "group %" PRIu64 ", attribute 0x%" PRIx64, load(bytes + 4, 4),
		load(bytes + 8, 8));
	if (size > 24) {
		fputs(": ", to);
		tl_put_hex(to, bytes + 24, size - 24 < SHOWN ? size - 24 : SHOWN);
	}
}

// arm64's struct kvm_vcpu_events: serror_pending, serror_has_esr, ext_dabt_pending, ..., serror_esr
static void put_events_of_arm64(FILE *to, const uint8_t *bytes, size_t size)
{
	(void)size;
	if (bytes[2])
		fputs("an external abort", to);
	if (bytes[0])
		fprintf(to, "%san SError", bytes[2] ? " and " : "");
	if (bytes[0] && bytes[1])
		fprintf(to, " with syndrome 0x%" PRIx64, load(bytes + 8, 8));
	if (!bytes[0] && !bytes[2])
		fputs("nothing pending", to);
}

// Requests whose argument has words of its own, from a size that holds all that these read.
static const struct {
	const char *name;
	void (*put)(FILE *to, const uint8_t *bytes, size_t size);
	size_t size;
	bool arm64_only;
} put_known[] = {
	{ "SET_ONE_REG", put_one_reg, 24, false },
	{ "IRQ_LINE", put_irq_line, 8, false },
	{ "SET_USER_MEMORY_REGION", put_region, 32, false },
	{ "SET_USER_MEMORY_REGION2", put_region, 32, false },
	{ "SET_DEVICE_ATTR", put_attribute, 24, false },
	{ "SET_VCPU_EVENTS", put_events_of_arm64, 64, true },
};

static bool put_in_words(FILE *to, const struct tl_arch *arch, const struct tl_input *input)
{
	const char *name = name_of(input);

	for (size_t i = 0; name && i < sizeof(put_known) / sizeof(*put_known); i++) {
		if (strcmp(put_known[i].name, name) != 0 || input->size < put_known[i].size ||
			(put_known[i].arm64_only && arch->id != TL_ARCH_ARM64))
			continue;
		put_known[i].put(to, input->data, input->size);
		return true;
	}
	return false;
}

static void put_argument(FILE *to, const struct tl_arch *arch, const struct tl_input *input)
{
	if (input->has_arg)
		fprintf(to, "0x%" PRIx64, input->arg);
	else if (!input->data)
		fputs("argument not recorded", to);
	else if (!put_in_words(to, arch, input)) {
		tl_put_hex(to, input->data, input->size < SHOWN ? input->size : SHOWN);
		if (input->size > SHOWN)
			fprintf(to, " and %zu bytes more", input->size - SHOWN);
	}
}

void tl_put_input(FILE *to, const struct tl_arch *arch, const struct tl_input *input)
{
	tl_put_time(to, input->time);
	fputc(' ', to);
	put_name(to, input);
	put_descriptor(to, input);
	fputs(": ", to);
	put_argument(to, arch, input);
	if (input->result)
		fprintf(to, " -> %" PRId64, input->result);
}

void tl_json_input(struct tl_json *j, const struct tl_input *input)
{
	char name[64];

	if (name_of(input))
		snprintf(name, sizeof(name), "KVM_%s", name_of(input));
	tl_json_open(j, NULL, '{');
	tl_json_int(j, "time", (int64_t)input->time);
	tl_json_string(j, "ioctl", name_of(input) ? name : NULL);
	tl_json_hex(j, "request", input->request);
	if (input->on == TL_ON_VM || input->on == TL_ON_DEVICE)
		tl_json_int(j, "vm", input->vm);
	if (input->on == TL_ON_VCPU)
		tl_json_int(j, "vcpu", input->vcpu);
	if (input->on == TL_ON_DEVICE)
		tl_json_int(j, "device", input->device);
	if (input->has_arg)
		tl_json_hex(j, "arg", input->arg);
	else if (input->data)
		tl_json_bytes(j, "data", input->data, input->size);
	tl_json_int(j, "result", input->result);
	tl_json_close(j, '}');
}

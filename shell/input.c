// SPDX-License-Identifier: MIT
#include "shell/input.h"

#include "shell/text.h"

#include <inttypes.h>
#include <linux/ioctl.h>
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
static bool put_one_reg(FILE *to, const struct tl_input *input)
{
	if (input->size < 24)
		return false;
	fprintf(to, "0x%" PRIx64 " = 0x%" PRIx64, load(input->data, 8),
		load(input->data + 16, input->size - 16));
	return true;
}

static void put_argument(FILE *to, const struct tl_input *input)
{
	const char *name = name_of(input);

	if (input->has_arg)
		fprintf(to, "0x%" PRIx64, input->arg);
	else if (!input->data)
		fputs("argument not recorded", to);
	else if (!name || strcmp(name, "SET_ONE_REG") != 0 || !put_one_reg(to, input)) {
		tl_put_hex(to, input->data, input->size < SHOWN ? input->size : SHOWN);
		if (input->size > SHOWN)
			fprintf(to, " and %zu bytes more", input->size - SHOWN);
	}
}

void tl_put_input(FILE *to, const struct tl_input *input)
{
	tl_put_time(to, input->time);
	fputc(' ', to);
	put_name(to, input);
	put_descriptor(to, input);
	fputs(": ", to);
	put_argument(to, input);
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

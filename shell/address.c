// SPDX-License-Identifier: MIT
#include "shell/address.h"

#include "shell/option.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

static struct tl_error *no_registers(const struct tl_place *p, const char *word)
{
	if (!p->position.seq)
		return tl_error_new(TL_ERROR_NOT_RECORDED,
			"%s: virtual addresses need registers, of which none are recorded before "
			"the first exit",
			word);
	return tl_error_new(TL_ERROR_NOT_RECORDED,
		"%s: exit %" PRIu64 " is not of VM %" PRIu32
		": virtual addresses need its registers",
		word, p->position.seq, p->vm);
}

static bool is_pc(const struct tl_arch *arch, const char *name)
{
	return !strcasecmp(name, "pc") || !strcasecmp(name, arch->regs[arch->pc_reg].name);
}

static bool is_sp(const struct tl_arch *arch, const char *name)
{
	return !strcasecmp(name, "sp") || (arch->id == TL_ARCH_X86_64 && !strcasecmp(name, "rsp"));
}

// False when the arch has no such register. Segments count where the CPU adds them.
static bool register_value(
	const struct tl_place *p, const char *name, uint64_t *ret, bool *ret_known)
{
	const struct tl_arch *arch = tl_trace_arch(p->trace);
	const struct tl_reg *reg;

	if (is_pc(arch, name)) {
		*ret_known = arch->fetch_address(&p->regs, ret);
		return true;
	}
	if (is_sp(arch, name)) {
		*ret_known = arch->stack_pointer(&p->regs, ret);
		return true;
	}
	reg = tl_arch_reg(arch, name);
	if (reg)
		*ret_known = tl_reg_get(reg, &p->regs, ret);
	return reg;
}

static struct tl_error *base(
	const struct tl_place *p, const char *word, const char *name, struct tl_address *ret)
{
	bool known;

	if (!strncmp(name, "v:", 2)) {
		ret->is_virtual = true;
		name += 2;
	}
	if (tl_parse_number(name, &ret->at))
		return NULL;
	if (!register_value(p, name, &ret->at, &known))
		return tl_error_new(TL_ERROR_USAGE,
			"%s: expected an address: 0x1000 (guest physical), v:0x1000 (virtual), or "
			"a "
			"register such as pc or sp (virtual), also with +N or -N",
			word);
	ret->is_virtual = true;
	if (known)
		return NULL;
	return p->vcpu == TL_NO_VCPU
		       ? no_registers(p, word)
		       : tl_error_new(TL_ERROR_NOT_RECORDED,
				 "%s: was not recorded at exit %" PRIu64, name, p->position.seq);
}

struct tl_error *tl_place_address(
	const struct tl_place *p, const char *word, bool is_virtual, struct tl_address *ret)
{
	struct tl_address address = { .is_virtual = is_virtual };
	char name[64];
	const size_t n = strcspn(word, "+-");
	struct tl_error *err;
	uint64_t offset = 0;

	if (n >= sizeof(name) || (word[n] && !tl_parse_number(word + n + 1, &offset)))
		return tl_error_new(TL_ERROR_USAGE,
			"%s: expected an address, with a number behind + or -", word);
	memcpy(name, word, n);
	name[n] = 0;
	err = base(p, word, name, &address);
	if (!err && address.is_virtual && p->vcpu == TL_NO_VCPU)
		err = no_registers(p, word);
	if (err)
		return err;
	address.at += word[n] == '-' ? -offset : offset;
	*ret = address;
	return NULL;
}

// SPDX-License-Identifier: MIT
// What KVM does with an access that userspace has answered.
#include "arch/arm64/complete.h"
#include "arch/arm64/aarch32.h"
#include "arch/arm64/decode.h"
#include "arch/arm64/entry.h"
#include "arch/arm64/syndrome.h"
#include "arch/bytes.h"

#define XZR 31

// Of MRC: the flags.
#define A32_FLAGS 15

// Where a load goes, and how.
struct load {
	uint8_t size; // bytes
	bool is_signed, is_wide;
	bool is_lost;
	enum tl_arm64_reg to;
};

static bool lacks_code(struct tl_why *why)
{
	return tl_why(why, NULL, "needs the instruction at pc, which was not recorded");
}

static bool lacks_mode(uint64_t pstate, struct tl_why *why)
{
	return tl_why(
		why, NULL, "pstate 0x%llx: no mode of EL1 or EL0", (unsigned long long)pstate);
}

// KVM knows registers of AArch32 by the ones that hold them.
static bool data_register(uint64_t pstate, unsigned n, struct load *ret)
{
	if (pstate & TL_ARM64_PSTATE_IS32)
		return tl_arm32_reg(pstate & TL_ARM64_MODE_MASK, n, &ret->to);
	ret->is_lost = n == XZR;
	ret->to = TL_ARM64_x0 + n;
	return true;
}

static bool has_syndrome(const struct tl_trap *trap, struct tl_arm64_syndrome *ret)
{
	if (!trap->has_esr || trap->esr_is_iss)
		return false;
	tl_arm64_syndrome(trap->esr, false, ret);
	return ret->isv;
}

static struct load load_of_syndrome(const struct tl_arm64_syndrome *syndrome)
{
	return (struct load){ .size = (uint8_t)(1 << syndrome->sas),
		.is_signed = syndrome->sse,
		.is_wide = syndrome->sf,
		.is_lost = syndrome->srt == XZR,
		.to = (enum tl_arm64_reg)(TL_ARM64_x0 + syndrome->srt) };
}

static bool load_of_instruction(const struct tl_state *state, const struct tl_trap *trap,
	uint64_t pstate, struct load *ret, struct tl_why *why)
{
	struct tl_arm64_insn insn;

	if (!tl_arm64_insn_at(state, trap, &insn))
		return lacks_code(why);
	if (insn.does != TL_ARM64_LOADS || !insn.syndrome ||
		(trap->has_size && trap->size != insn.size))
		return tl_why(why, NULL,
			"the instruction at pc (0x%x %s) is none that KVM gets such a read from",
			insn.word, insn.name);
	*ret = (struct load){
		.size = insn.size, .is_signed = insn.is_signed, .is_wide = insn.width == 64
	};
	return data_register(pstate, insn.rt, ret) || lacks_mode(pstate, why);
}

// Before 7.2 KVM extends the sign first; putting bytes in order comes after it and keeps only those
// that were read, so that the sign is lost in either order.
static uint64_t loaded(const struct load *load, uint64_t value, bool keeps_sign)
{
	if (load->is_signed && keeps_sign)
		value = (uint64_t)tl_bytes_extend(value, load->size);
	return load->is_wide ? value : (uint32_t)value;
}

static uint64_t in_order(uint64_t value, unsigned size, bool big_endian)
{
	return big_endian ? tl_bytes_swap(value, size) : value & tl_bytes_mask(size);
}

static bool complete_read(const struct tl_state *state, const struct tl_trap *trap, uint64_t pstate,
	uint64_t value, struct tl_effect *ret, struct tl_why *why)
{
	const bool keeps_sign = tl_arm64_kernel(state) >= TL_KERNEL(7, 2);
	struct tl_arm64_syndrome syndrome;
	struct load load = { 0 };
	uint64_t sctlr;
	bool big_endian;

	if (has_syndrome(trap, &syndrome))
		load = load_of_syndrome(&syndrome);
	else if (!load_of_instruction(state, trap, pstate, &load, why))
		return false;
	if (!tl_arm64_is_big_endian(&state->regs, pstate, &big_endian))
		return tl_arm64_needs(&state->regs, TL_ARM64_sctlr_el1, &sctlr, why);
	value = in_order(value, load.size, big_endian);
	if (!keeps_sign && loaded(&load, value, false) != loaded(&load, value, true))
		ret->note = "KVM before 7.2 loses the sign of what is read";
	if (!load.is_lost)
		tl_effect_set(ret, load.to, loaded(&load, value, keeps_sign), TL_ORIGIN_REPLY);
	return true;
}

static bool instruction_bytes(const struct tl_state *state, const struct tl_trap *trap,
	uint64_t pstate, unsigned *ret, struct tl_why *why)
{
	struct tl_arm64_syndrome syndrome;
	struct tl_arm64_insn insn;

	*ret = 4;
	if (tl_arm64_set_of(pstate) != TL_ARM64_T32)
		return true;
	if (has_syndrome(trap, &syndrome)) {
		*ret = syndrome.il ? 4 : 2;
		return true;
	}
	if (!tl_arm64_insn_at(state, trap, &insn))
		return lacks_code(why);
	*ret = insn.bytes;
	return true;
}

static bool complete_mmio(const struct tl_state *state, const struct tl_trap *trap, uint64_t value,
	struct tl_effect *ret, struct tl_why *why)
{
	uint64_t pstate;
	unsigned bytes;

	if (!tl_arm64_needs(&state->regs, TL_ARM64_pstate, &pstate, why) ||
		!instruction_bytes(state, trap, pstate, &bytes, why))
		return false;
	if (!trap->write && !complete_read(state, trap, pstate, value, ret, why))
		return false;
	return tl_arm64_skip(state, bytes, ret, why);
}

// MRC to what would be PC loads the flags.
static bool complete_flags(
	const struct tl_regs *regs, uint64_t value, struct tl_effect *ret, struct tl_why *why)
{
	uint64_t pstate;

	if (!tl_arm64_needs(regs, TL_ARM64_pstate, &pstate, why))
		return false;
	pstate = (pstate & ~TL_ARM64_PSTATE_NZCV) | (value & TL_ARM64_PSTATE_NZCV);
	tl_effect_set(ret, TL_ARM64_pstate, pstate, TL_ORIGIN_REPLY);
	return true;
}

static bool set_data(const struct tl_state *state, unsigned n, uint64_t value,
	struct tl_effect *ret, struct tl_why *why)
{
	struct load load = { 0 };
	uint64_t pstate;

	if (!tl_arm64_needs(&state->regs, TL_ARM64_pstate, &pstate, why))
		return false;
	if (!data_register(pstate, n, &load))
		return lacks_mode(pstate, why);
	if (!load.is_lost)
		tl_effect_set(ret, load.to, value, TL_ORIGIN_REPLY);
	return true;
}

static bool read_sysreg(const struct tl_state *state, const struct tl_trap *trap, uint64_t value,
	struct tl_effect *ret, struct tl_why *why)
{
	struct tl_arm64_insn insn;

	if (!tl_arm64_insn_at(state, trap, &insn))
		return lacks_code(why);
	if (insn.does != TL_ARM64_READS_SYSREG)
		return tl_why(why, NULL, "the instruction at pc (0x%x %s) reads no system register",
			insn.word, insn.name);
	if (insn.set == TL_ARM64_A64)
		return set_data(state, insn.rt, value, ret, why);
	if (insn.rt2 != TL_ARM64_NO_REG)
		return set_data(state, insn.rt, (uint32_t)value, ret, why) &&
		       set_data(state, insn.rt2, value >> 32, ret, why);
	if (insn.rt == A32_FLAGS)
		return complete_flags(&state->regs, value, ret, why);
	return set_data(state, insn.rt, (uint32_t)value, ret, why);
}

// Skipping goes on from what the read has made of PSTATE.
static bool complete_sysreg(const struct tl_state *state, const struct tl_trap *trap,
	uint64_t value, struct tl_effect *ret, struct tl_why *why)
{
	struct tl_state read = *state;

	if (!trap->write && !read_sysreg(state, trap, value, ret, why))
		return false;
	read.regs = ret->regs;
	return tl_arm64_skip(&read, 4, ret, why);
}

enum tl_answer_status tl_arm64_complete(const struct tl_state *state, const struct tl_trap *trap,
	uint64_t value, struct tl_effect *ret, struct tl_why *why)
{
	const bool is_sysreg = trap->kind == TL_TRAP_IDSR;
	bool done;

	if (!is_sysreg && trap->kind != TL_TRAP_MMIO) {
		tl_why(why, "KVM API 5, kvm_run", "KVM completes nothing after this exit: %s",
			tl_trap_name(trap->kind));
		return TL_ANSWER_REFUSED;
	}
	if (!trap->has_write) {
		tl_why(why, NULL, "whether it is a read or a write was not recorded");
		return TL_ANSWER_NOT_KNOWN;
	}
	ret->witnessed = is_sysreg ? state->platform.kernel == TL_KERNEL(6, 1)
				   : tl_arm64_kernel_is_witnessed(state);
	done = is_sysreg ? complete_sysreg(state, trap, value, ret, why)
			 : complete_mmio(state, trap, value, ret, why);
	return done ? TL_ANSWER_DONE : TL_ANSWER_NOT_KNOWN;
}

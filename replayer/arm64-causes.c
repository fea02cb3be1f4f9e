// SPDX-License-Identifier: MIT
// Why a guest of arm64 exits: from an access that no syndrome describes to a wild pointer.
#include "replayer/arm64-abort.h"

#include "arch/arm64/regs.h"
#include "arch/arm64/sysreg.h"

#include <inttypes.h>
#include <string.h>

static void merged_access(const struct tl_diagnosis *d, struct tl_cause *c)
{
	if (!tl_abort_is(d) || !tl_abort_is_mute(d) || d->arm64.does == TL_ARM64_UPDATES ||
		d->arm64.exclusive)
		return;
	if (d->has_gpa && !tl_abort_is_in_hole(d) && d->backing.kind != TL_BACKING_NOT_KNOWN)
		return;
	c->name = "merged-device-access";
	c->weight = d->device_seen ? 92 : d->device_assumed ? 70 : 45;
	tl_cause_what(c,
		"the guest accesses a device by %s, as compilers make it of plain accesses",
		d->deed);
	tl_cause_evidence(c,
		"%s gives no syndrome: the CPU does not say what was accessed (Arm ARM "
		"D17.2.37, ISV)",
		d->arm64.name);
	tl_abort_say_place(d, c);
	c->guest = "access registers of devices by accessors that are one plain load or store each "
		   "(readl, writel in assembly), so that the compiler cannot merge them";
	c->vmm = "enable KVM_CAP_ARM_NISV_TO_USER and carry the instruction out, or inject an "
		 "external abort";
}

// What the kind of the exit alone tells.
static void no_syndrome(const struct tl_diagnosis *d, struct tl_cause *c)
{
	if (d->situation->trap.kind != TL_TRAP_NISV || d->has_insn)
		return;
	c->name = "access-without-syndrome";
	c->weight = 38;
	tl_cause_what(c,
		"the guest accesses what is no RAM by an instruction that gives no syndrome: "
		"with writeback, of several registers, of vectors, exclusive or atomic");
	tl_cause_evidence(c,
		"there is no memory slot, or it is a write to a read-only one: flash is a "
		"read-only slot in array mode, and none in command mode");
	tl_abort_say_place(d, c);
	c->guest = "access devices and flash by plain loads and stores of one register";
	c->vmm = "record the exit with trapline record: the instruction and the address are in it";
}

static void read_only(const struct tl_diagnosis *d, struct tl_cause *c)
{
	if (!tl_abort_is(d) || !d->has_gpa || d->backing.kind != TL_BACKING_ROM ||
		!tl_abort_is_mute(d) || !tl_abort_is_write(d))
		return;
	c->name = "write-to-flash";
	c->weight = 90;
	tl_cause_what(c, "the guest writes to read-only memory, such as flash in array mode, by %s",
		d->deed);
	tl_cause_evidence(c, "0x%" PRIx64 " is in a read-only slot", d->gpa);
	tl_cause_evidence(c, "in command mode the VMM takes the slot away, and reads trap as well");
	c->guest = "write to flash by plain stores of one register";
	c->vmm = "carry the store out as a command to the flash";
}

static void flash_either_way(const struct tl_diagnosis *d, struct tl_cause *c)
{
	if (!tl_abort_is(d) || !strstr(d->device_name, "flash") || !tl_abort_is_mute(d))
		return;
	if (d->has_gpa && d->backing.kind == TL_BACKING_ROM)
		return;
	c->name = "flash";
	c->weight = 72;
	tl_cause_what(c, "the guest accesses flash by %s", d->deed);
	tl_cause_evidence(
		c, "in array mode flash is a read-only slot: loads work, and stores trap");
	tl_cause_evidence(c, "in command mode it is no slot: loads trap too");
	c->guest = "access flash by plain loads and stores of one register";
	c->vmm = "carry the access out as a command to the flash";
}

static void maintenance(const struct tl_diagnosis *d, struct tl_cause *c)
{
	const bool told = d->has_syndrome && d->syndrome.cm;

	if (!tl_abort_is(d) || !(told || (d->has_insn && d->arm64.does == TL_ARM64_MAINTAINS)))
		return;
	c->name = "cache-maintenance";
	c->weight = d->backing.kind == TL_BACKING_ROM ? 94 : 70;
	tl_cause_what(c, "cache maintenance (%s) on %s",
		d->has_insn && d->arm64.does == TL_ARM64_MAINTAINS ? d->arm64.name : "CM=1",
		d->backing.kind == TL_BACKING_ROM ? "read-only memory" : "what is no RAM");
	tl_cause_evidence(c,
		"KVM skips it where there is no slot, and lets it through on RAM; on a "
		"read-only slot it exits");
	c->guest = "no maintenance is needed for read-only memory";
	c->vmm = "DC IVAC needs the right to write: abort it; all others can be skipped";
}

static void zeroing(const struct tl_diagnosis *d, struct tl_cause *c)
{
	if (!tl_abort_is(d) || !d->has_insn || d->arm64.does != TL_ARM64_ZEROES)
		return;
	c->name = "zeroing-of-device";
	c->weight = 90;
	tl_cause_what(c, "the guest zeroes a block by %s, as memset() does, where there is no RAM",
		d->arm64.name);
	tl_abort_say_place(d, c);
	c->guest = "do not memset() registers of devices; use memset_io()";
	c->vmm = "write zeroes to the device, or inject an external abort";
}

static void atomic(const struct tl_diagnosis *d, struct tl_cause *c)
{
	if (!tl_abort_is(d) || !tl_abort_is_in_hole(d) || !d->has_insn ||
		!(d->arm64.does == TL_ARM64_UPDATES || d->arm64.exclusive))
		return;
	c->name = "atomic-on-device";
	c->weight = d->device_seen ? 92 : 75;
	tl_cause_what(c, "%s where there is no memory: devices have no atomic accesses", d->deed);
	tl_abort_say_place(d, c);
	c->guest = "use plain accesses and a lock for a device";
	c->vmm = "inject an external abort: to emulate it would not be atomic";
}

static void in_kernel(const struct tl_diagnosis *d, struct tl_cause *c)
{
	if (!tl_abort_is(d) || !d->device_in_kernel)
		return;
	c->name = "in-kernel-device";
	c->weight = tl_abort_is_in_hole(d) ? 96 : 75;
	tl_cause_what(c,
		"in-kernel device: userspace has no path that gives the guest the access it "
		"made");
	tl_cause_evidence(c, "0x%" PRIx64 " is %s", d->gpa, d->device_name);
	if (tl_abort_is_mute(d))
		tl_cause_evidence(c, "%s gives no syndrome, so KVM cannot pass it to its device",
			d->arm64.name);
	c->guest = "access it by plain loads and stores of one register";
	c->vmm = "only device attributes can read a few of its registers; inject an external abort";
}

static void width(const struct tl_diagnosis *d, struct tl_cause *c)
{
	const struct tl_platform *p = &d->situation->state.platform;

	if (!d->has_gpa || (d->backing.kind != TL_BACKING_BEYOND_VM &&
				   d->backing.kind != TL_BACKING_BEYOND_HOST))
		return;
	c->name = "ipa-width";
	c->weight = 95;
	if (d->backing.kind == TL_BACKING_BEYOND_VM)
		tl_cause_what(c,
			"the address 0x%" PRIx64 " needs more than the %u bits of the VM's "
			"IPA size",
			d->gpa, p->ipa_bits);
	else
		tl_cause_what(c,
			"the address 0x%" PRIx64 " needs more than the %u bits of the "
			"host's PARange",
			d->gpa, p->host_ipa_bits);
	tl_cause_evidence(c, "KVM from 5.19 on injects %s with FAR = IPA; older ones exit",
		d->backing.kind == TL_BACKING_BEYOND_VM ? "an external abort"
							: "an address size fault");
	c->guest = "ID_AA64MMFR0_EL1.PARange is the host's, and may promise more than the VM has";
	c->vmm = "create the VM with a larger IPA size (KVM_VM_TYPE_ARM_IPA_SIZE)";
}

static void walk_into_flash(const struct tl_diagnosis *d, struct tl_cause *c)
{
	const bool told =
		d->has_syndrome && (d->syndrome.s1ptw || (d->syndrome.fsc & 0x3c) == 0x14);
	bool seen = false;

	for (unsigned i = 0; d->has_va && i < d->walk.n_steps; i++)
		seen |= d->has_gpa && (d->walk.step[i].gpa & ~7ull) == (d->gpa & ~7ull);
	if (d->has_va && d->walk.status == TL_WALK_NO_MEMORY && d->has_gpa)
		seen |= (d->walk.gpa & ~7ull) == (d->gpa & ~7ull);
	if (!tl_abort_is(d) || !(told || seen))
		return;
	c->name = "table-walk";
	c->weight = 93;
	tl_cause_what(c, "the CPU's own page-table walk went where there is no RAM: page tables in "
			 "flash, or a wild entry");
	if (told)
		tl_cause_evidence(
			c, "the syndrome says that the fault came on the walk of stage 1");
	if (seen)
		tl_cause_evidence(c, "the address is that of a table entry of the walk");
	c->guest = "page tables must stand in RAM; clear the access flag handling (TCR_EL1.HA) on "
		   "tables in flash";
}

// An entry of a page table as a report gives it, whose output differs from the IPA in the upper half.
static void lost_half(const struct tl_diagnosis *d, struct tl_cause *c)
{
	const struct tl_import_told *told = &d->situation->told;

	for (unsigned i = 0; d->has_gpa && i < told->n_entries; i++) {
		const tl_gpa output = told->entry[i].value & UINT64_C(0xfffffff000);

		if ((output ^ d->gpa) & UINT64_C(0xfffff000) || output >> 32 == d->gpa >> 32)
			continue;
		c->name = "syndrome-bug";
		c->weight = 97;
		tl_cause_what(c,
			"reported IPA disagrees with the walk: 0x%" PRIx64 " against 0x%" PRIx64
			", low 32 bits equal",
			d->gpa, output);
		tl_cause_evidence(c, "entry %s of the report leads to 0x%" PRIx64,
			told->entry[i].name, output);
		tl_cause_evidence(c,
			"a CPU that loses the upper half of HPFAR_EL2 on a walk's fault "
			"does so");
		c->vmm = "look for an erratum of the host's CPU; memory below 4 GiB avoids it";
		return;
	}
}

static void contradiction(const struct tl_diagnosis *d, struct tl_cause *c)
{
	if (!d->n_contradictions)
		return;
	c->name = "syndrome-bug";
	c->weight = 97;
	tl_cause_what(c, "the report, the emulator or the CPU contradicts itself");
	for (unsigned i = 0; i < d->n_contradictions; i++)
		tl_cause_evidence(c, "%s", d->contradiction[i].text);
	c->vmm =
		"do not act on the syndrome alone: look for an erratum of the CPU, or a bug of the "
		"emulator under KVM";
}

static void impdef(const struct tl_diagnosis *d, struct tl_cause *c)
{
	const struct tl_trap *t = &d->situation->trap;
	const char *name, *about;
	char encoding[40];

	if (t->kind != TL_TRAP_IDSR || !t->has_address)
		return;
	tl_arm64_sysreg_encoding((unsigned)t->address, encoding, sizeof(encoding));
	name = tl_arm64_sysreg_name((unsigned)t->address);
	about = tl_arm64_sysreg_about((unsigned)t->address);
	c->name = "implementation-defined-register";
	c->weight = 95;
	tl_cause_what(c, "the guest %s %s%s%s, a register that %s", t->write ? "writes" : "reads",
		encoding, name ? ", " : "", name ? name : "",
		tl_arm64_sysreg_is_impdef((unsigned)t->address)
			? "each CPU implementation defines for itself"
			: "KVM does not know");
	if (about)
		tl_cause_evidence(c, "%s", about);
	tl_cause_evidence(c,
		"without KVM_CAP_ARM_IDSR_TO_USER, which takes a patch, the guest finds "
		"it undefined");
	c->guest = "look at MIDR_EL1 before using registers of one CPU";
	c->vmm = "most such registers do as plain cells, or as RAZ/WI";
}

static void ordinary(const struct tl_diagnosis *d, struct tl_cause *c)
{
	if (d->situation->trap.kind != TL_TRAP_MMIO)
		return;
	c->name = "device-access";
	c->weight = d->n_contradictions ? 50 : 90;
	tl_cause_what(c, "an ordinary access to a device, which KVM describes and the VMM answers");
	tl_abort_say_place(d, c);
}

tl_detector *const tl_arm64_causes[] = { contradiction, lost_half, in_kernel, width,
	walk_into_flash, maintenance, zeroing, atomic, read_only, flash_either_way, merged_access,
	tl_arm64_null_pointer, tl_arm64_wild_pointer, no_syndrome, tl_arm64_candidate_base,
	tl_arm64_nested_trouble, tl_arm64_misaligned_sp, impdef, ordinary, NULL };

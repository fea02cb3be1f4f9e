// SPDX-License-Identifier: MIT
// Devices that KVM itself emulates, by the ioctls that set them up.
#include "arch/bytes.h"
#include "replayer/devices-parts.h"
#include "schema/trace/row.h"

#include <inttypes.h>
#include <linux/kvm.h>
#include <stdio.h>

// Numbers of arm64 and x86, which each other's <linux/kvm.h> lacks. KVM API, "ARM Virtual Generic
// Interrupt Controller"; 4.24, 7.5.
enum {
	CREATE_IRQCHIP = 0x60,
	IOEVENTFD = 0x79,
	ENABLE_CAP = 0xa3,
	ARM_SET_DEVICE_ADDR = 0xab,
	SET_DEVICE_ATTR = 0xe1,
	CAP_SPLIT_IRQCHIP = 121,
	IOEVENTFD_PIO = 2,
	IOEVENTFD_DEASSIGN = 4,
	EACH_ROWS = 10000, // of inputs: the first ones, and the last ones before the exit
};

// One input that may set a device up.
struct setup {
	const struct tl_question *q;
	struct tl_device_guess *ret;
	tl_seq seq;
	unsigned number; // of the ioctl
	bool on_device;
	const uint8_t *data;
	size_t size;
	uint32_t vcpus; // of the VM
	bool signals;	// an ioeventfd stands at the address
	tl_gpa from, to;
	tl_seq since;
};

static void say_since(struct tl_belief *b, const char *what, tl_seq seq)
{
	b->seq = seq;
	if (seq)
		snprintf(b->why, sizeof(b->why), "%s after exit %" PRIu64, what, seq);
	else
		snprintf(b->why, sizeof(b->why), "%s before the first exit", what);
}

static bool is_known(const struct tl_device_guess *guess, tl_gpa first)
{
	for (unsigned n = 0; n < guess->n; n++)
		if (guess->device[n].from == TL_DEVICE_IN_KERNEL && guess->device[n].first == first)
			return true;
	return false;
}

static void add_window(struct setup *s, const char *name, tl_gpa first, uint64_t size)
{
	struct tl_belief *b;

	if (s->q->gpa < first || s->q->gpa - first >= size || is_known(s->ret, first))
		return;
	b = tl_devices_add(s->ret, TL_DEVICE_IN_KERNEL);
	if (!b)
		return;
	b->first = first;
	b->last = first + size - 1;
	snprintf(b->name, sizeof(b->name), "%s", name);
	say_since(b, "in KVM: the VMM put it there", s->seq);
}

// KVM API, KVM_DEV_ARM_VGIC_GRP_ADDR: attributes are numbered over all kinds of controllers.
static const struct {
	const char *name;
	uint32_t size;
	bool each_vcpu;
} vgic[] = {
	{ "GICv2 distributor", 0x1000, false },
	{ "GICv2 CPU interface", 0x2000, false },
	{ "GICv3 distributor", 0x10000, false },
	{ "GICv3 redistributors", 0x20000, true },
	{ "GICv3 ITS", 0x20000, false },
};

enum { REDIST_REGION = 5, N_VGIC = sizeof(vgic) / sizeof(vgic[0]) };

// struct kvm_device_attr: flags, group, attr, addr; then what addr points to. A region of
// redistributors is count << 52 | base | flags << 12 | index.
static void take_device(struct setup *s)
{
	uint64_t attribute, value;

	if (!s->on_device || s->size < 32 || tl_load_le(s->data + 4, 4))
		return;
	attribute = tl_load_le(s->data + 8, 8);
	value = tl_load_le(s->data + 24, 8);
	if (attribute < N_VGIC)
		add_window(s, vgic[attribute].name, value,
			(uint64_t)vgic[attribute].size *
				(vgic[attribute].each_vcpu ? s->vcpus : 1));
	else if (attribute == REDIST_REGION)
		add_window(s, "GICv3 redistributors", value & UINT64_C(0x000fffffffff0000),
			(value >> 52) * 0x20000);
}

// struct kvm_arm_device_addr: id, addr. The id is of a GICv2 and its type in the low half.
static void take_device_address(struct setup *s)
{
	uint64_t id;

	if (s->size < 16)
		return;
	id = tl_load_le(s->data, 8);
	if (id < 2)
		add_window(s, vgic[id].name, tl_load_le(s->data + 8, 8), vgic[id].size);
}

static void add_local_apic(struct setup *s)
{
	add_window(s, "local APIC", 0xfee00000, 0x1000);
}

static void take_irqchip(struct setup *s)
{
	if (tl_trace_arch(s->q->trace)->id != TL_ARCH_X86_64)
		return;
	add_local_apic(s);
	add_window(s, "I/O APIC", 0xfec00000, 0x100);
}

static void take_cap(struct setup *s)
{
	if (s->size >= 4 && tl_load_le(s->data, 4) == CAP_SPLIT_IRQCHIP)
		add_local_apic(s);
}

// struct kvm_ioeventfd: datamatch, addr, len, fd, flags. Of 0 bytes: of any size.
static void take_ioeventfd(struct setup *s)
{
	uint64_t addr, len;
	uint32_t flags;

	if (s->size < 28)
		return;
	addr = tl_load_le(s->data + 8, 8);
	len = tl_load_le(s->data + 16, 4);
	flags = (uint32_t)tl_load_le(s->data + 24, 4);
	if (flags & IOEVENTFD_PIO || s->q->gpa < addr || s->q->gpa - addr >= (len ? len : 1))
		return;
	s->signals = !(flags & IOEVENTFD_DEASSIGN);
	s->from = addr;
	s->to = addr + (len ? len : 1) - 1;
	s->since = s->seq;
}

static const struct {
	unsigned number;
	void (*take)(struct setup *s);
} takers[] = {
	{ CREATE_IRQCHIP, take_irqchip },
	{ IOEVENTFD, take_ioeventfd },
	{ ENABLE_CAP, take_cap },
	{ ARM_SET_DEVICE_ADDR, take_device_address },
	{ SET_DEVICE_ATTR, take_device },
};

static void take(struct setup *s)
{
	for (unsigned n = 0; n < sizeof(takers) / sizeof(takers[0]); n++)
		if (takers[n].number == s->number)
			takers[n].take(s);
}

static void add_ioeventfd(struct setup *s)
{
	struct tl_belief *b = s->signals ? tl_devices_add(s->ret, TL_DEVICE_IN_KERNEL) : NULL;

	if (!b)
		return;
	b->first = s->from;
	b->last = s->to;
	snprintf(b->name, sizeof(b->name), "ioeventfd: a write signals the VMM without an exit");
	say_since(b, "in KVM: the VMM put it there", s->since);
}

// The first inputs set the machine up; drivers have ioeventfds made later.
#define SETS_UP                                                                                    \
	"(vm = ?1 OR vm IS NULL) AND vcpu IS NULL AND request >> 8 & 255 = 0xae "                  \
	"AND request & 255 IN (0x60, 0x79, 0xa3, 0xab, 0xe1)"
#define SOME(order)                                                                                \
	"SELECT id FROM (SELECT id, vm, vcpu, request FROM input WHERE seq <= ?2 "                 \
	"ORDER BY seq " order ", id " order " LIMIT ?3) WHERE " SETS_UP

static const char query[] = "SELECT seq, request & 255, device IS NOT NULL, data, "
			    "(SELECT count(*) FROM vcpu WHERE vcpu.vm = ?1) FROM input "
			    "WHERE id IN (" SOME("ASC") " UNION " SOME("DESC") ") ORDER BY id";

static struct tl_error *read_setups(struct setup *s, struct tl_row *row)
{
	while (tl_row_next(row)) {
		s->seq = tl_row_u64(row, 0);
		s->number = (unsigned)tl_row_bounded(row, 1, 255);
		s->on_device = tl_row_u64(row, 2);
		s->data = tl_row_bytes(row, 3, 1 << 20, &s->size);
		s->vcpus = (uint32_t)tl_row_bounded(row, 4, 1 << 16);
		take(s);
	}
	return tl_row_error(row);
}

struct tl_error *tl_devices_in_kernel(const struct tl_question *q, struct tl_device_guess *ret)
{
	struct setup s = { .q = q, .ret = ret };
	struct tl_row row = { 0 };
	struct tl_error *err = tl_trace_prepare(q->trace, query, &row.stmt);

	if (err)
		return tl_error_in(err, "%s", tl_trace_path(q->trace));
	sqlite3_bind_int64(row.stmt, 1, q->vm);
	sqlite3_bind_int64(row.stmt, 2, (sqlite3_int64)q->seq);
	sqlite3_bind_int64(row.stmt, 3, EACH_ROWS);
	err = read_setups(&s, &row);
	sqlite3_finalize(row.stmt);
	if (err)
		return tl_error_in(err, "%s: inputs", tl_trace_path(q->trace));
	add_ioeventfd(&s);
	return NULL;
}

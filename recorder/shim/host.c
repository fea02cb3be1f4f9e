// SPDX-License-Identifier: MIT
// What this host's KVM offers, asked once, when the first vCPU comes up.
#include "recorder/shim/shim.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { MOST_MSRS = 1024 };

#ifdef __x86_64__
static void list_msrs(int fd, struct tl_shim_host *host)
{
	static struct {
		struct kvm_msr_list head;
		uint32_t index[MOST_MSRS];
	} list;

	list.head.nmsrs = MOST_MSRS;
	if (tl_shim_own_ioctl(fd, KVM_GET_MSR_INDEX_LIST, &list))
		return;
	host->msrs = list.index;
	host->n_msrs = list.head.nmsrs;
}
#else
static void list_msrs(int fd, struct tl_shim_host *host)
{
}
#endif

static void ask(int fd, struct tl_shim_host *host)
{
	int bytes = tl_shim_own_ioctl(fd, KVM_GET_VCPU_MMAP_SIZE, NULL);
	int sync = tl_shim_own_ioctl(fd, KVM_CHECK_EXTENSION, (void *)KVM_CAP_SYNC_REGS);

	host->run_bytes = bytes > 0 ? (size_t)bytes : 0;
	host->sync_regs = sync > 0 ? (uint32_t)sync : 0;
	list_msrs(fd, host);
}

static void measure(struct tl_shim_host *host)
{
	size_t n;

	host->page = (size_t)sysconf(_SC_PAGESIZE);
	n = (host->page - sizeof(struct kvm_coalesced_mmio_ring)) /
	    sizeof(struct kvm_coalesced_mmio);
	host->coalesced = n < TL_SHIM_COALESCED ? (uint32_t)n : TL_SHIM_COALESCED;
	for (unsigned i = 0; i < TL_ARCH_HOST.n_regs; i++)
		if (TL_ARCH_HOST.regs[i].level == TL_REGS_PC)
			tl_regs_set(&host->pc, TL_ARCH_HOST.regs[i].offset / 8, 0);
}

const struct tl_shim_host *tl_shim_host(void)
{
	static struct tl_shim_host host;
	static _Atomic bool asked;
	int fd;

	if (atomic_load(&asked))
		return &host;
	measure(&host);
	fd = tl_shim_own_open("/dev/kvm", O_RDWR);
	if (fd >= 0) {
		ask(fd, &host);
		tl_shim_real_close(fd);
	}
	atomic_store(&asked, true);
	return &host;
}

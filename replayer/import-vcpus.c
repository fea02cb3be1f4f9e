// SPDX-License-Identifier: MIT
#include "replayer/import-vcpus.h"

#include <stdio.h>
#include <string.h>

// Events are of a thread, also where they do not name it.
static void name_of(const struct tl_import_report *r, char *to, size_t size)
{
	to[0] = 0;
	if (r->facts.source == TL_IMPORT_EVENT)
		snprintf(to, size, "task %s", r->task);
	else if (r->facts.has_cpu)
		snprintf(to, size, "cpu %u", r->facts.cpu);
}

uint32_t tl_import_vcpu(
	struct tl_import_vcpus *vcpus, const struct tl_import_report *report, bool *ret_is_new)
{
	char name[sizeof(vcpus->names[0])];

	*ret_is_new = false;
	name_of(report, name, sizeof(name));
	for (unsigned i = 0; i < vcpus->n; i++)
		if (!strcmp(vcpus->names[i], name))
			return i;
	if (vcpus->n == TL_IMPORT_VCPUS)
		return TL_IMPORT_VCPUS;
	*ret_is_new = true;
	memcpy(vcpus->names[vcpus->n], name, sizeof(name));
	return vcpus->n++;
}

uint64_t tl_import_vcpu_time(struct tl_import_vcpus *vcpus, uint32_t vcpu, uint64_t time)
{
	if (time > vcpus->times[vcpu])
		vcpus->times[vcpu] = time;
	return vcpus->times[vcpu];
}

bool tl_import_vcpu_follows(struct tl_import_vcpus *vcpus, uint32_t vcpu, uint64_t seq)
{
	const bool follows = seq > vcpus->seqs[vcpu];

	if (follows)
		vcpus->seqs[vcpu] = seq;
	return follows;
}

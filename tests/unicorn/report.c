// SPDX-License-Identifier: MIT
#include "tests/unicorn/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void print_vector(const uint8_t bytes[16])
{
	uint64_t half[2];

	memcpy(half, bytes, sizeof(half));
	printf("%016" PRIx64 "%016" PRIx64, half[1], half[0]);
}

static void print_before(const struct registers *r)
{
	for (unsigned n = 0; n < 31; n++)
		printf("  x%-2u %016" PRIx64 "%s", n, r->x[n], n % 4 == 3 ? "\n" : "");
	printf("  sp  %016" PRIx64 "\n  pc  %016" PRIx64 "  pstate %08" PRIx64 "  sctlr %08" PRIx64
	       "\n",
		r->sp, r->pc, r->pstate, r->sctlr);
}

static void print_change(const char *name, uint64_t before, uint64_t after)
{
	if (before != after)
		printf(" %s=%" PRIx64, name, after);
}

static void print_changes(const struct registers *before, const struct registers *after)
{
	char name[8];

	for (unsigned n = 0; n < 31; n++) {
		snprintf(name, sizeof(name), "x%u", n);
		print_change(name, before->x[n], after->x[n]);
	}
	print_change("sp", before->sp, after->sp);
	print_change("pc", before->pc, after->pc);
	print_change("pstate", before->pstate, after->pstate);
	for (unsigned n = 0; n < 32; n++) {
		if (!memcmp(before->v[n], after->v[n], 16))
			continue;
		printf(" v%u=", n);
		print_vector(after->v[n]);
	}
	printf("\n");
}

// Bytes that stand one after the other are one run.
static void print_accesses(const struct accesses *a)
{
	for (unsigned i = 0; i < a->n; i++) {
		const struct access *b = &a->byte[i];

		if (!i || b->va != b[-1].va + 1 || b->write != b[-1].write)
			printf("\n    %s %" PRIx64 ":", b->write ? "write" : "read", b->va);
		printf(" %02x", b->value);
	}
	printf("\n");
}

static void print_step(const char *whose, const struct trial *trial, const struct step *step)
{
	printf("  %s: %s %s\n", whose, outcome_name(step->outcome), step->reason);
	if (step->outcome != EXECUTED)
		return;
	printf("   ");
	print_changes(&trial->before, &step->after);
	printf("    accesses:");
	print_accesses(&step->accesses);
}

void report_wrong(const struct trial *trial, const struct step *theirs, const struct step *ours,
	const char *text)
{
	printf("%08" PRIx32 " %s (%s): %s\n", trial->word, trial->insn.name, trial->family->name,
		text);
	if (trial->insn.unpredictable)
		printf("  unpredictable: %s\n", trial->insn.unpredictable);
	print_before(&trial->before);
	print_step("Unicorn", trial, theirs);
	print_step("ours", trial, ours);
}

// SPDX-License-Identifier: MIT
#include "tests/unicorn/engine.h"

#include "tests/unicorn/engine_registers.h"
#include "tests/unicorn/window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Unicorn's pages, for ARM's oldest CPUs have such.
enum { ENGINE_PAGE = 1024 };

struct engine {
	uc_engine *uc;
	enum tl_arm64_set set;
	uint8_t *window; // what Unicorn reads and writes
	struct engine_registers registers;
	struct step *step; // the one under way
	unsigned repeats;  // so many reads that come tell again what was told
};

// A read over the end of a page is told once, then as the two aligned ones that Unicorn makes of it.
static bool is_repeated(struct engine *e, tl_gva va, unsigned size, bool write)
{
	if (e->repeats > 0) {
		e->repeats--;
		return true;
	}
	if (!write && va % ENGINE_PAGE + size > ENGINE_PAGE)
		e->repeats = 2;
	return false;
}

// What it writes is looked up when it is done.
static void on_access(
	uc_engine *uc, uc_mem_type type, uint64_t va, int size, int64_t value, void *data)
{
	struct engine *e = data;
	const bool write = type == UC_MEM_WRITE;

	if (is_repeated(e, va, (unsigned)size, write))
		return;
	if (va < WINDOW || va + (unsigned)size > WINDOW_END)
		return; // on_fault() follows
	accesses_add(&e->step->accesses, va, write, e->window + (va - WINDOW), (unsigned)size);
}

static bool on_fault(
	uc_engine *uc, uc_mem_type type, uint64_t va, int size, int64_t value, void *data)
{
	struct engine *e = data;

	if (type == UC_MEM_FETCH_UNMAPPED || type == UC_MEM_FETCH_PROT)
		return false; // it was carried out; the one behind it is not asked for
	e->step->outcome = FAULTED;
	snprintf(e->step->reason, sizeof(e->step->reason), "nothing at 0x%llx",
		(unsigned long long)va);
	return false;
}

// As in QEMU: 4 is a data abort, here one of alignment.
enum { EXCEPTION_UNDEFINED = 1, EXCEPTION_BREAKPOINT = 7 };

static void on_exception(uc_engine *uc, uint32_t number, void *data)
{
	struct engine *e = data;

	uc_emu_stop(uc);
	if (number == EXCEPTION_BREAKPOINT)
		return;
	e->step->outcome = number == EXCEPTION_UNDEFINED ? UNDEFINED : FAULTED;
	snprintf(e->step->reason, sizeof(e->step->reason), "exception %u", number);
}

static bool on_invalid(uc_engine *uc, void *data)
{
	struct engine *e = data;

	e->step->outcome = UNDEFINED;
	return false;
}

// Pages of a kind, from `first` on, become one mapping; returns the page behind them.
static unsigned map_run(struct engine *e, unsigned first, bool *ok)
{
	static const uint32_t rights[] = { UC_PROT_READ | UC_PROT_WRITE,
		UC_PROT_READ | UC_PROT_WRITE, UC_PROT_EXEC, 0 };
	const enum page kind = window_page(WINDOW + (tl_gva)first * PAGE);
	unsigned end = first;

	while (end < PAGES && window_page(WINDOW + (tl_gva)end * PAGE) == kind)
		end++;
	if (kind != PAGE_NOTHING)
		*ok &= !uc_mem_map_ptr(e->uc, WINDOW + (tl_gva)first * PAGE,
			(size_t)(end - first) * PAGE, rights[kind],
			e->window + (size_t)first * PAGE);
	return end;
}

static bool map(struct engine *e)
{
	bool ok = true;

	for (unsigned page = 0; page < PAGES;)
		page = map_run(e, page, &ok);
	return ok;
}

static bool hook(struct engine *e)
{
	uc_hook ignored;
	// The type that uc_hook_add() takes is one for all.
	void *const access = (void *)(uintptr_t)on_access;
	void *const fault = (void *)(uintptr_t)on_fault;
	void *const exception = (void *)(uintptr_t)on_exception;
	void *const invalid = (void *)(uintptr_t)on_invalid;

	return !uc_hook_add(
		       e->uc, &ignored, UC_HOOK_MEM_READ | UC_HOOK_MEM_WRITE, access, e, 1, 0) &&
	       !uc_hook_add(e->uc, &ignored, UC_HOOK_MEM_INVALID, fault, e, 1, 0) &&
	       !uc_hook_add(e->uc, &ignored, UC_HOOK_INTR, exception, e, 1, 0) &&
	       !uc_hook_add(e->uc, &ignored, UC_HOOK_INSN_INVALID, invalid, e, 1, 0);
}

static bool start(struct engine *e)
{
	const bool a64 = e->set == TL_ARM64_A64;

	if (uc_open(a64 ? UC_ARCH_ARM64 : UC_ARCH_ARM,
		    e->set == TL_ARM64_T32 ? UC_MODE_THUMB : UC_MODE_ARM, &e->uc) ||
		uc_ctl_set_cpu_model(e->uc, a64 ? UC_CPU_ARM64_MAX : UC_CPU_ARM_MAX))
		return false;
	return map(e) && hook(e) && engine_enable_vectors(e->uc, e->set);
}

struct engine *engine_open(enum tl_arm64_set set)
{
	struct engine *e = calloc(1, sizeof(*e));
	const unsigned major = uc_version(NULL, NULL) >> 24;

	if (!e)
		return NULL;
	e->set = set;
	e->window = aligned_alloc(PAGE, sizeof(window_bytes));
	engine_registers_init(&e->registers, set);
	if (e->window && major == 2 && start(e)) {
		memcpy(e->window, window_bytes, sizeof(window_bytes));
		return e;
	}
	fprintf(stderr, "Unicorn %u.x: it cannot be started\n", major);
	engine_close(e);
	return NULL;
}

void engine_close(struct engine *engine)
{
	if (!engine)
		return;
	if (engine->uc)
		uc_close(engine->uc);
	free(engine->window);
	free(engine);
}

static void look_up_written(const struct engine *e, struct accesses *accesses)
{
	for (unsigned i = 0; i < accesses->n; i++)
		if (accesses->byte[i].write)
			accesses->byte[i].value = e->window[accesses->byte[i].va - WINDOW];
}

// A breakpoint stands behind it: in an IT block Unicorn would not stop after one instruction, and it
// translates all up to a branch.
static void place_code(struct engine *e, tl_gva pc, const void *code, unsigned bytes)
{
	static const uint32_t breakpoints[] = {
		[TL_ARM64_A64] = 0xd4200000,
		[TL_ARM64_A32] = 0xe1200070,
		[TL_ARM64_T32] = 0xbe00be00,
	};
	uint8_t *at = e->window + (pc - WINDOW);

	memcpy(at, code, bytes);
	memcpy(at + bytes, &breakpoints[e->set], sizeof(breakpoints[0]));
	uc_ctl_remove_cache(e->uc, pc, pc + bytes + sizeof(breakpoints[0]));
}

void engine_step(struct engine *engine, const void *code, unsigned bytes,
	const struct registers *before, struct step *ret)
{
	const uint64_t thumb = engine->set == TL_ARM64_T32;
	uc_err error;

	ret->outcome = EXECUTED;
	ret->reason[0] = '\0';
	ret->accesses.n = 0;
	engine->step = ret;
	engine->repeats = 0;
	place_code(engine, before->pc, code, bytes);
	engine_registers_set(&engine->registers, engine->uc, before);
	error = uc_emu_start(engine->uc, before->pc | thumb, 0, 0, 1);
	if (error && error != UC_ERR_FETCH_UNMAPPED && error != UC_ERR_FETCH_PROT &&
		ret->outcome == EXECUTED)
		ret->outcome = UNDEFINED;
	look_up_written(engine, &ret->accesses);
	engine_registers_get(&engine->registers, engine->uc, &ret->after);
}

const uint8_t *engine_window(const struct engine *engine)
{
	return engine->window;
}

// What faulted may have written a part that was not told.
void engine_undo(struct engine *engine, const struct step *step)
{
	if (step->outcome != EXECUTED) {
		memcpy(engine->window, window_bytes, sizeof(window_bytes));
		return;
	}
	for (unsigned i = 0; i < step->accesses.n; i++) {
		const size_t at = step->accesses.byte[i].va - WINDOW;

		engine->window[at] = window_bytes[at];
	}
}

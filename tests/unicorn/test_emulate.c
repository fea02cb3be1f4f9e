// SPDX-License-Identifier: MIT
// labels: unit here
// test_emulate a64|a32|t32: random loads and stores with random registers, carried out by Unicorn and by
// tl_arm64_emulate(). Registers, memory and the accesses, byte by byte, must be the same. Unicorn is GPL-2:
// nothing but the model and libc is linked with it. TL_SEED and TL_LONG as in other tests.
#include "tests/unicorn/engine.h"
#include "tests/unicorn/known.h"
#include "tests/unicorn/model.h"
#include "tests/unicorn/report.h"
#include "tests/unicorn/window.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIALS = 10000, ROUND = 10000, FAMILIES = 64, KNOWN = 32, SHOWN = 2 };

struct tally {
	const struct family *families;
	unsigned n_families;
	unsigned of[FAMILIES][VERDICTS];
	unsigned known[KNOWN];
};

// What KVM would tell of the first access to the device.
static struct tl_trap trap_of(const struct trial *trial, const struct accesses *a)
{
	for (unsigned i = 0; i < a->n; i++)
		if (window_page(a->byte[i].va) == PAGE_DEVICE)
			return (struct tl_trap){ .kind = TL_TRAP_NISV,
				.has_address = trial->tells != TELLS_NOTHING,
				.address = window_gpa(a->byte[i].va),
				.has_far = trial->tells == TELLS_GPA_AND_FAR,
				.far = a->byte[i].va,
				.has_write = true,
				.write = a->byte[i].write };
	return (struct tl_trap){ .kind = TL_TRAP_OTHER };
}

static void count(struct tally *tally, unsigned family, const struct judgement *judgement)
{
	tally->of[family][judgement->verdict]++;
	if (judgement->verdict == TOLD || judgement->verdict == LISTED)
		tally->known[judgement->known]++;
}

static void try(
	struct engine *engine, const struct trial *trial, unsigned family, struct tally *tally)
{
	static struct step theirs, ours;
	struct judgement judgement;
	struct tl_trap trap;

	engine_step(engine, trial->code, trial->insn.bytes, &trial->before, &theirs);
	trap = trap_of(trial, &theirs.accesses);
	model_step(&trial->insn, &trial->before, &trap, &ours);
	judge(trial, &theirs, &ours, engine_window(engine), &judgement);
	engine_undo(engine, &theirs);
	count(tally, family, &judgement);
	if (judgement.verdict == WRONG && tally->of[family][WRONG] <= SHOWN)
		report_wrong(trial, &theirs, &ours, judgement.text);
}

static unsigned sum(const unsigned of[VERDICTS])
{
	unsigned all = 0;

	for (unsigned i = 0; i < VERDICTS; i++)
		all += of[i];
	return all;
}

// So many of a hundred must have been carried out, or the family is not tested.
static bool family_is_good(const struct tally *tally, unsigned family)
{
	const unsigned *of = tally->of[family], least = tally->families[family].least;
	const unsigned alike = of[SAME] + of[TOLD];

	if (100 * alike < least * sum(of)) {
		printf("%s: of %u only %u were executed alike, expected %u of 100\n",
			tally->families[family].name, sum(of), alike, least);
		return false;
	}
	return !of[WRONG];
}

static bool print_tally(const struct tally *tally)
{
	bool good = true;

	printf("%-28s %8s %8s %8s %8s %8s %8s\n", "", "tried", "alike", "told", "declined",
		"listed", "wrong");
	for (unsigned i = 0; i < tally->n_families; i++) {
		const unsigned *of = tally->of[i];

		printf("%-28s %8u %8u %8u %8u %8u %8u\n", tally->families[i].name, sum(of),
			of[SAME], of[TOLD], of[DECLINED], of[LISTED], of[WRONG]);
	}
	for (unsigned i = 0; known_name(i); i++)
		if (tally->known[i])
			printf("listed: %u: %s\n", tally->known[i], known_name(i));
	for (unsigned i = 0; i < tally->n_families; i++)
		good &= family_is_good(tally, i);
	return good;
}

// Unicorn does not survive a full buffer of translated code, which it is after some millions: each round
// has an engine of its own.
static bool run_round(enum tl_arm64_set set, unsigned n, struct tally *tally)
{
	struct engine *engine = engine_open(set);
	struct trial trial;

	if (!engine)
		return false;
	for (unsigned i = 0; i < n; i++) {
		const unsigned family = i % tally->n_families;

		trial_make(&tally->families[family], set, &trial);
		try(engine, &trial, family, tally);
	}
	engine_close(engine);
	return true;
}

static bool run(enum tl_arm64_set set)
{
	static struct tally tally;

	trials_start();
	tally.families = families_of(set, &tally.n_families);
	for (unsigned left = trials_wanted(TRIALS); left > 0; left -= ROUND)
		if (!run_round(set, ROUND, &tally))
			return false;
	return print_tally(&tally);
}

// Unicorn keeps a little after uc_close().
const char *__lsan_default_suppressions(void); // NOLINT: the sanitizer's names
const char *__lsan_default_options(void);      // NOLINT

const char *__lsan_default_suppressions(void) // NOLINT
{
	return "leak:libunicorn";
}

const char *__lsan_default_options(void) // NOLINT
{
	return "print_suppressions=0";
}

int main(int argc, char **argv)
{
	static const char *const sets[] = { "a64", "a32", "t32" };

	for (unsigned i = 0; argc == 2 && i < sizeof(sets) / sizeof(sets[0]); i++)
		if (!strcmp(argv[1], sets[i]))
			return run((enum tl_arm64_set)i) ? 0 : 1;
	fprintf(stderr, "usage: test_emulate a64|a32|t32\n");
	return 2;
}

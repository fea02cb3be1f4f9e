// SPDX-License-Identifier: MIT
// Instructions, syndromes, and the answers to an exit in any state. Run: fuzz_decode [CORPUS]
#include "tests/fuzz/input.h"

#include "arch/arm64/contradiction.h"
#include "arch/arm64/sysreg.h"
#include "replayer/disassembly.h"
#include "tests/arch/answered.h"

#include "tests/arch/anything.h"

#include <assert.h>
#include <stdio.h>

static void decode_arm64(const struct anything *a)
{
	const uint32_t word = (uint32_t)any();
	struct tl_arm64_syndrome syndrome;
	struct tl_arm64_insn insn;
	char text[64];

	tl_arm64_decode(word, &insn);
	assert(memchr(insn.name, 0, sizeof(insn.name)) && insn.bytes == 4);
	tl_arm64_decode_a32(word, &insn);
	assert(memchr(insn.name, 0, sizeof(insn.name)) && insn.bytes == 4);
	tl_arm64_decode_t32((uint16_t)(word >> 16), (uint16_t)word, &insn);
	assert(memchr(insn.name, 0, sizeof(insn.name)));
	assert(insn.bytes == (tl_arm64_t32_is_wide((uint16_t)(word >> 16)) ? 4 : 2));
	tl_arm64_syndrome(a->trap.esr, a->trap.esr_is_iss, &syndrome);
	assert(syndrome.n_fields <= TL_ARM64_SYNDROME_FIELDS);
	tl_arm64_sysreg_encoding(word, text, sizeof(text));
	tl_arm64_sysreg_about(word);
}

static void contradict(const struct anything *a)
{
	struct tl_why why[TL_ARM64_CONTRADICTIONS];
	struct tl_arm64_insn insn;
	const bool has_insn = tl_arm64_insn_at(&a->state, &a->trap, &insn);
	const unsigned n =
		tl_arm64_contradictions(&a->state, &a->trap, has_insn ? &insn : NULL, why);

	assert(n <= TL_ARM64_CONTRADICTIONS);
	for (unsigned i = 0; i < n; i++)
		assert(is_a_line(why[i].text, sizeof(why[i].text)));
}

static void decode_x86(const struct anything *a)
{
	struct tl_x86_insn insn;
	int at = 0;

	for (unsigned mode = 16; mode <= 64; mode *= 2)
		if (tl_x86_decode(mode, a->code, below(sizeof(a->code)), &insn) == TL_X86_DECODED)
			assert(insn.length && insn.length <= TL_X86_LONGEST &&
				memchr(insn.name, 0, sizeof(insn.name)));
	if (tl_x86_trapping(&a->state, &a->trap, &insn, &at))
		assert(at <= 0 && at >= -TL_X86_LONGEST);
}

static void disassemble(const struct anything *a)
{
	struct tl_disassembled lines[9];
	struct tl_error *err;
	size_t n = 0;

	if (a->trap.code_before > a->trap.code_size)
		return;
	err = tl_disassemble(&a->state, &a->trap, any(), a->trap.code_before, lines, 9, &n);
	assert(err || n <= 9);
	tl_error_free(err);
}

static void answer(struct anything *a)
{
	static struct tl_effect effect;

	for (unsigned id = 0; id < TL_ANSWERS; id++) {
		const struct tl_choice choice = any_choice(a, id);
		struct tl_why why = { "" };
		const bool legal = tl_answer_is_legal(&a->state, &a->trap, id, &why);
		const enum tl_answer_status status =
			tl_answer_give(&a->state, &a->trap, &choice, &effect, &why);
		const char *wrong = wrong_answer(&a->state, status, legal, &effect, &why);

		if (wrong)
			fprintf(stderr, "%s: %s\n", tl_answer_name(id), wrong);
		assert(!wrong);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct anything a;

	input_start(data, size);
	anything(one_in(2) ? &tl_arch_arm64 : &tl_arch_x86_64, &a);
	if (a.state.arch->id == TL_ARCH_ARM64) {
		decode_arm64(&a);
		contradict(&a);
	} else {
		decode_x86(&a);
	}
	disassemble(&a);
	answer(&a);
	return 0;
}

// SPDX-License-Identifier: MIT
// labels: unit here
// Code around a trap as text; A64 loads and stores against objdump: TL_SEED says which.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/arm64/decode.h"
#include "arch/arm64/regs.h"
#include "arch/x86_64/regs.h"
#include "replayer/disassembly-a64.h"
#include "tests/arch/random.h"

#include <string.h>
#include <unistd.h>

enum { MANY = 32 };

static struct tl_disassembled lines[MANY];
static size_t n_lines;

static void disassemble(const struct tl_state *state, const uint8_t *code, size_t size, tl_gva at,
	unsigned at_offset, size_t max)
{
	// Behind the last byte is nothing that AddressSanitizer lets pass.
	uint8_t *copy = memcpy(malloc(size), code, size);
	const struct tl_trap trap = { .code = copy, .code_size = (uint16_t)size };
	struct tl_error *err = tl_disassemble(state, &trap, at, at_offset, lines, max, &n_lines);

	assert_null(err);
	free(copy);
}

// "> 1008: str w1, [x0], #4", a line for each.
static const char *as_text(void)
{
	static char text[4096];
	size_t n = 0;

	*text = '\0';
	for (size_t i = 0; i < n_lines; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%c %" PRIx64 ": %s%s%s\n",
			lines[i].is_pc ? '>' : ' ', lines[i].va, lines[i].mnemonic,
			*lines[i].operands ? " " : "", lines[i].operands);
	return text;
}

static struct tl_state arm64_state(uint64_t pstate)
{
	struct tl_state state = { .arch = &tl_arch_arm64 };

	tl_regs_set(&state.regs, TL_ARM64_pstate, pstate);
	return state;
}

static void x86_set(struct tl_state *state, const char *name, uint64_t value)
{
	const struct tl_reg *reg = tl_arch_reg(state->arch, name);

	tl_regs_set(&state->regs, reg->offset / 8,
		state->regs.word[reg->offset / 8] | value << reg->offset % 8 * 8);
}

static struct tl_state x86_state(uint64_t cr0, uint64_t l, uint64_t db, uint64_t rflags)
{
	struct tl_state state = { .arch = &tl_arch_x86_64 };

	x86_set(&state, "cr0", cr0);
	x86_set(&state, "cs_l", l);
	x86_set(&state, "cs_db", db);
	x86_set(&state, "rflags", rflags);
	return state;
}

static void words(uint8_t *to, const uint32_t *from, size_t n)
{
	for (size_t i = 0; i < 4 * n; i++)
		to[i] = (uint8_t)(from[i / 4] >> i % 4 * 8);
}

static void a64_has_a_line_for_each_word(void **unused)
{
	static const uint32_t code[] = { 0x8b010000, 0x14000000, 0xb8004401, 0xb8220003, 0xf8465ef7,
		0xd538fd00, 0xd5381000, 0xd50b7420, 0xd920143f, 0x3dc00820, 0x4cc3885f, 0x58000041,
		0xb8655883, 0xb900001f, 0x0dc09020, 0x48207c82, 0xf85f0fe1, 0xffffffff };
	const struct tl_state state = arm64_state(TL_ARM64_EL1H);
	uint8_t bytes[sizeof(code)];

	words(bytes, code, sizeof(code) / 4);
	disassemble(&state, bytes, sizeof(bytes), 0x40080008, 8, MANY);
	assert_string_equal(as_text(), "  40080000: add x0, x0, x1\n"
				       "  40080004: b #0x40080004\n"
				       "> 40080008: str w1, [x0], #4\n"
				       "  4008000c: ldadd w2, w3, [x0]\n"
				       "  40080010: ldr x23, [x23, #0x65]!\n"
				       "  40080014: mrs x0, s3_0_c15_c13_0\n"
				       "  40080018: mrs x0, sctlr_el1\n"
				       "  4008001c: dc zva, x0\n"
				       "  40080020: stg sp, [x1], #0x10\n"
				       "  40080024: ldr q0, [x1, #0x20]\n"
				       "  40080028: ld2 {v31.4s, v0.4s}, [x2], x3\n"
				       "  4008002c: ldr x1, #0x40080034\n"
				       "  40080030: ldr w3, [x4, w5, uxtw #2]\n"
				       "  40080034: str wzr, [x0]\n"
				       "  40080038: ld1 {v0.s}[1], [x1], x0\n"
				       "  4008003c: casp x0, x1, x2, x3, [x4]\n"
				       "  40080040: ldr x1, [sp, #-0x10]!\n"
				       "  40080044: .word 0xffffffff\n");
	assert_int_equal(lines[2].size, 4);
	assert_memory_equal(lines[2].bytes, "\x01\x44\x00\xb8", 4);
}

static void as_many_lines_as_wanted_stand_around_the_one_that_trapped(void **unused)
{
	const struct tl_state state = arm64_state(TL_ARM64_EL0T);
	uint8_t bytes[64];

	for (unsigned i = 0; i < sizeof(bytes); i += 4)
		words(bytes + i, (const uint32_t[]){ 0xd503201f }, 1);
	disassemble(&state, bytes, sizeof(bytes), 0x120, 0x20, 5);
	assert_string_equal(
		as_text(), "  118: nop\n  11c: nop\n> 120: nop\n  124: nop\n  128: nop\n");
	disassemble(&state, bytes, sizeof(bytes), 0x120, 0x20, 1);
	assert_string_equal(as_text(), "> 120: nop\n");
	disassemble(&state, bytes, sizeof(bytes), 0x100, 0, 2);
	assert_string_equal(as_text(), "> 100: nop\n  104: nop\n");
	disassemble(&state, bytes, 62, 0x13c, 0x3c, 4);
	assert_string_equal(as_text(), "  134: nop\n  138: nop\n");
	disassemble(&state, bytes, sizeof(bytes), 0x13c, 0x3c, MANY);
	assert_int_equal(n_lines, 16);
}

static void no_code_gives_no_lines(void **unused)
{
	const struct tl_state state = arm64_state(TL_ARM64_EL1H);
	const struct tl_trap none = { 0 };

	n_lines = 1;
	assert_null(tl_disassemble(&state, &none, 0x1000, 0, lines, MANY, &n_lines));
	assert_int_equal(n_lines, 0);
	disassemble(&state, (const uint8_t *)"\x1f\x20\x03\xd5", 4, 0x1000, 4, MANY);
	assert_int_equal(n_lines, 0);
}

static void a32_is_told_by_pstate(void **unused)
{
	static const uint32_t code[] = { 0xe92d4010, 0xe4902004, 0xe8b00006, 0xee1f0f11,
		0xffffffff };
	const struct tl_state state = arm64_state(TL_ARM32_SVC);
	uint8_t bytes[sizeof(code)];

	words(bytes, code, sizeof(code) / 4);
	disassemble(&state, bytes, sizeof(bytes), 0x8004, 4, MANY);
	assert_string_equal(as_text(), "  8000: push {r4, lr}\n"
				       "> 8004: ldr r2, [r0], #4\n"
				       "  8008: ldm r0!, {r1, r2}\n"
				       "  800c: mrc p15, #0, r0, c15, c1, #0\n"
				       "  8010: .word 0xffffffff\n");
}

static const uint8_t t32[] = { 0x10, 0xb5, 0x41, 0x68, 0x50, 0xf8, 0x04, 0x2b, 0x08, 0xbf, 0x0a,
	0x60, 0xf0, 0xe8, 0x02, 0x23, 0x10, 0xbd, 0xff, 0xff, 0xff, 0xff, 0x50, 0xf8 };

static void t32_is_told_by_pstate_and_halves_find_their_instruction(void **unused)
{
	const struct tl_state state = arm64_state(TL_ARM32_SVC | 0x20);

	disassemble(&state, t32, sizeof(t32), 0x800a, 10, MANY);
	assert_string_equal(as_text(), "  8000: push {r4, lr}\n"
				       "  8002: ldr r1, [r0, #4]\n"
				       "  8004: ldr r2, [r0], #4\n"
				       "  8008: it eq\n"
				       "> 800a: streq r2, [r1]\n"
				       "  800c: ldrd r2, r3, [r0], #8\n"
				       "  8010: pop {r4, pc}\n"
				       "  8012: .short 0xffff, 0xffff\n");
}

static void the_condition_stands_though_its_it_is_not_shown(void **unused)
{
	const struct tl_state state = arm64_state(TL_ARM32_USR | 0x20);

	disassemble(&state, t32, sizeof(t32), 0x800a, 10, 1);
	assert_string_equal(as_text(), "> 800a: streq r2, [r1]\n");
}

static const uint8_t code64[] = { 0x55, 0x48, 0x89, 0xe5, 0xbf, 0x00, 0x00, 0x00, 0x09, 0x48, 0x8b,
	0x46, 0x10, 0xc6, 0x07, 0x41, 0x48, 0x83, 0xc7, 0x01, 0x0f, 0xb6, 0x0c, 0x87, 0x89, 0x07,
	0x0f, 0x0b, 0xc9, 0xc3 };

static void x86_instructions_before_the_trap_are_found(void **unused)
{
	const struct tl_state state = x86_state(TL_X86_CR0_PE, 1, 0, 0);

	disassemble(&state, code64, sizeof(code64), 0x100018, 0x18, MANY);
	assert_string_equal(as_text(), "  100000: push rbp\n"
				       "  100001: mov rbp, rsp\n"
				       "  100004: mov edi, 0x9000000\n"
				       "  100009: mov rax, qword ptr [rsi + 0x10]\n"
				       "  10000d: mov byte ptr [rdi], 0x41\n"
				       "  100010: add rdi, 1\n"
				       "  100014: movzx ecx, byte ptr [rdi + rax*4]\n"
				       "> 100018: mov dword ptr [rdi], eax\n"
				       "  10001a: ud2\n"
				       "  10001c: leave\n"
				       "  10001d: ret\n");
}

static void a_window_that_starts_within_an_instruction_falls_into_step(void **unused)
{
	const struct tl_state state = x86_state(TL_X86_CR0_PE, 1, 0, 0);

	for (unsigned cut = 1; cut < 0x0d; cut++) {
		disassemble(&state, code64 + cut, 0x1a - cut, 0x100018, 0x18 - cut, 6);
		assert_string_equal(as_text(), "  10000d: mov byte ptr [rdi], 0x41\n"
					       "  100010: add rdi, 1\n"
					       "  100014: movzx ecx, byte ptr [rdi + rax*4]\n"
					       "> 100018: mov dword ptr [rdi], eax\n");
	}
}

static void x86_bytes_that_are_no_instruction_are_bytes(void **unused)
{
	static const uint8_t code[24] = { 0x90, 0x06, 0x0f, 0x0b };
	const struct tl_state state = x86_state(TL_X86_CR0_PE, 1, 0, 0);

	disassemble(&state, code, sizeof(code), 0x1001, 1, 3);
	assert_string_equal(as_text(), "  1000: nop\n> 1001: .byte 0x06\n  1002: ud2\n");
}

static void x86_code_that_ends_within_an_instruction_ends_before_it(void **unused)
{
	const struct tl_state state = x86_state(TL_X86_CR0_PE, 1, 0, 0);

	disassemble(&state, code64, 6, 0x1001, 1, MANY);
	assert_string_equal(as_text(), "  1000: push rbp\n> 1001: mov rbp, rsp\n");
	disassemble(&state, code64 + 4, 2, 0x1004, 0, MANY);
	assert_string_equal(as_text(), "> 1004: .byte 0xbf\n");
}

static void the_size_of_x86_code_is_told_by_its_mode(void **unused)
{
	static const uint8_t code[] = { 0x66, 0x89, 0x07, 0x90 };
	static const struct {
		uint64_t cr0, l, db, rflags;
		const char *text;
	} modes[] = {
		{ 0, 0, 0, 0, "> 10: mov dword ptr [bx], eax\n  13: nop\n" },
		{ 0, 0, 1, 0, "> 10: mov dword ptr [bx], eax\n  13: nop\n" },
		{ TL_X86_CR0_PE, 0, 0, 0, "> 10: mov dword ptr [bx], eax\n  13: nop\n" },
		{ TL_X86_CR0_PE, 0, 1, 0, "> 10: mov word ptr [edi], ax\n  13: nop\n" },
		{ TL_X86_CR0_PE, 0, 1, 1 << 17, "> 10: mov dword ptr [bx], eax\n  13: nop\n" },
		{ TL_X86_CR0_PE, 1, 0, 0, "> 10: mov word ptr [rdi], ax\n  13: nop\n" },
	};

	for (unsigned i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		const struct tl_state state =
			x86_state(modes[i].cr0, modes[i].l, modes[i].db, modes[i].rflags);

		disassemble(&state, code, sizeof(code), 0x10, 0, MANY);
		assert_string_equal(as_text(), modes[i].text);
	}
}

static void without_registers_it_is_64_bit_code(void **unused)
{
	const struct tl_state arm64 = { .arch = &tl_arch_arm64 }, x86 = { .arch = &tl_arch_x86_64 };

	disassemble(&arm64, (const uint8_t *)"\x01\x44\x00\xb8", 4, 0, 0, MANY);
	assert_string_equal(as_text(), "> 0: str w1, [x0], #4\n");
	disassemble(&x86, code64 + 1, 3, 0, 0, MANY);
	assert_string_equal(as_text(), "> 0: mov rbp, rsp\n");
}

static void any_bytes_at_all_give_lines(void **unused)
{
	const struct tl_state states[] = { arm64_state(TL_ARM64_EL1H), arm64_state(TL_ARM32_SVC),
		arm64_state(TL_ARM32_SVC | 0x20), x86_state(0, 0, 0, 0),
		x86_state(TL_X86_CR0_PE, 0, 1, 0), x86_state(TL_X86_CR0_PE, 1, 0, 0) };
	static const unsigned units[] = { 4, 4, 2, 1, 1, 1 };
	uint8_t code[200];

	random_start();
	for (unsigned i = 0; i < random_rounds(3000); i++) {
		const unsigned which = i % 6, size = 4 + below(sizeof(code) - 4);
		const unsigned at = below(size - 3) / units[which] * units[which];
		const size_t max = 1 + below(MANY);

		for (unsigned j = 0; j < size; j++)
			code[j] = (uint8_t)any();
		disassemble(&states[which], code, size, 0x1000 + at, at, max);
		assert_in_range(n_lines, 0, max);
		for (size_t j = 0; j < n_lines; j++) {
			assert_memory_equal(
				lines[j].bytes, code + lines[j].va - 0x1000, lines[j].size);
			assert_int_equal(lines[j].is_pc, lines[j].va == 0x1000 + at);
			if (j)
				assert_int_equal(lines[j].va, lines[j - 1].va + lines[j - 1].size);
		}
	}
}

// Where loads and stores are.
static const struct space {
	uint32_t mask, value;
} spaces[] = {
	{ 0x3b000000, 0x39000000 }, // unsigned offset
	{ 0x3b200000, 0x38000000 }, // unscaled, post-index, unprivileged, pre-index
	{ 0x3b200c00, 0x38200800 }, // register offset
	{ 0x3b200c00, 0x38200000 }, // atomics
	{ 0x3a000000, 0x28000000 }, // pairs
	{ 0x3b000000, 0x18000000 }, // literals
	{ 0x3f000000, 0x08000000 }, // exclusives, ordered, CAS
	{ 0xff200000, 0xd9200000 }, // tags
	{ 0xbf000000, 0x0c000000 }, // multiple structures
	{ 0xbf000000, 0x0d000000 }, // single structures
	{ 0xfff0b000, 0xd530b000 }, // MRS, IMPLEMENTATION DEFINED
	{ 0xfff0b000, 0xd510b000 }, // MSR
};

static FILE *objdump(const uint32_t *from, size_t n)
{
	char path[] = "/tmp/trapline-words-XXXXXX", command[256];
	const int fd = mkstemp(path);
	FILE *output;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, from, n * sizeof(*from)), n * sizeof(*from));
	close(fd);
	snprintf(command, sizeof(command),
		"aarch64-linux-gnu-objdump -D -z -b binary -m aarch64 -M no-aliases %s; rm %s",
		path, path);
	output = popen(command, "r"); // NOLINT: a command of our own
	assert_non_null(output);
	return output;
}

// Their numbers as ours: "#16" is "#0x10", and an address has a "#".
static void spell_numbers(char *text)
{
	char out[160];
	size_t n = 0;

	for (const char *p = text; *p && n < sizeof(out) - 32;) {
		const bool is_number = *p == '#' || !strncmp(p, "0x", 2), is_minus = p[1] == '-';
		unsigned long long value;
		char *end;

		if (!is_number) {
			out[n++] = *p++;
			continue;
		}
		value = strtoull(p + (*p == '#') + is_minus, &end, 0);
		n += (size_t)snprintf(out + n, sizeof(out) - n,
			value > 9 || *p == '0' ? "#%s0x%llx" : "#%s%llu", is_minus ? "-" : "",
			value);
		p = end;
	}
	out[n] = '\0';
	memcpy(text, out, strlen(out) + 1);
}

// "{v1.8b-v4.8b}" is "{v1.8b, v2.8b, v3.8b, v4.8b}".
static void spell_list(char *text)
{
	char out[160], of[8], *dash = strchr(text, '-');
	unsigned first, last;
	int n;

	if (!dash || sscanf(text, "{v%u.%7[^-]-v%u", &first, of, &last) != 3)
		return;
	n = snprintf(out, sizeof(out), "{v%u.%s", first, of);
	for (; first != last;
		n += snprintf(out + n, sizeof(out) - (size_t)n, ", v%u.%s", first, of))
		first = (first + 1) % 32;
	snprintf(out + n, sizeof(out) - (size_t)n, "%s", strchr(text, '}'));
	memcpy(text, out, strlen(out) + 1);
}

static bool parse(char *text, uint32_t *ret_word, struct tl_disassembled *ret)
{
	unsigned offset;
	int at = 0;

	if (sscanf(text, " %x: %x %n", &offset, ret_word, &at) != 2 || !at)
		return false;
	memset(ret, 0, sizeof(*ret));
	text[at + (int)strcspn(text + at, ";\n")] = '\0';
	if (strstr(text + at, "//"))
		*strstr(text + at, "//") = '\0';
	for (char *end = text + strlen(text); end > text && strchr(" \t", end[-1]);)
		*--end = '\0';
	sscanf(text + at, "%31s %159[^\n]", ret->mnemonic, ret->operands);
	spell_numbers(ret->operands);
	spell_list(ret->operands);
	return true;
}

static bool compare(uint32_t word, tl_gva pc, const struct tl_disassembled *theirs)
{
	struct tl_disassembled ours = { .va = pc };

	if (!tl_a64_spell(word, &ours) || !strcmp(theirs->mnemonic, ".inst"))
		return false;
	if (!strcmp(ours.mnemonic, theirs->mnemonic) && !strcmp(ours.operands, theirs->operands))
		return true;
	fail_msg("%08" PRIx32 ": ours '%s' '%s', theirs '%s' '%s'", word, ours.mnemonic,
		ours.operands, theirs->mnemonic, theirs->operands);
	return false;
}

static void what_we_spell_is_what_objdump_says(void **unused)
{
	const size_t n = random_rounds(20000);
	uint32_t *random = malloc(n * sizeof(*random)), word;
	struct tl_disassembled theirs;
	size_t seen = 0, alike = 0;
	char text[512];
	FILE *output;

	assert_non_null(random);
	random_start();
	for (size_t i = 0; i < n; i++) {
		const struct space *s = &spaces[below(sizeof(spaces) / sizeof(spaces[0]))];

		random[i] = ((uint32_t)any() & ~s->mask) | s->value;
	}
	output = objdump(random, n);
	while (fgets(text, sizeof(text), output))
		if (parse(text, &word, &theirs)) {
			assert_int_equal(word, random[seen]);
			alike += compare(word, 4 * seen++, &theirs);
		}
	assert_int_equal(pclose(output), 0);
	assert_int_equal(seen, n);
	assert_true(alike > n / 2);
	free(random);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a64_has_a_line_for_each_word),
		cmocka_unit_test(as_many_lines_as_wanted_stand_around_the_one_that_trapped),
		cmocka_unit_test(no_code_gives_no_lines),
		cmocka_unit_test(a32_is_told_by_pstate),
		cmocka_unit_test(t32_is_told_by_pstate_and_halves_find_their_instruction),
		cmocka_unit_test(the_condition_stands_though_its_it_is_not_shown),
		cmocka_unit_test(x86_instructions_before_the_trap_are_found),
		cmocka_unit_test(a_window_that_starts_within_an_instruction_falls_into_step),
		cmocka_unit_test(x86_bytes_that_are_no_instruction_are_bytes),
		cmocka_unit_test(x86_code_that_ends_within_an_instruction_ends_before_it),
		cmocka_unit_test(the_size_of_x86_code_is_told_by_its_mode),
		cmocka_unit_test(without_registers_it_is_64_bit_code),
		cmocka_unit_test(any_bytes_at_all_give_lines),
		cmocka_unit_test(what_we_spell_is_what_objdump_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
// The opcodes behind 0F, and vector moves. SDM volume 2, appendix A, table A-3.
#include "arch/x86_64/opcode.h"

#define R  TL_X86_READS
#define W  TL_X86_WRITES
#define RW (R | W)

#define OP(name, op, shape, size, flags)                                                           \
	{                                                                                          \
		name, TL_X86_##op, TL_X86_##shape, TL_X86_##size, flags                            \
	}
#define PLAIN(shape) OP("", OTHER, shape, NO_SIZE, 0)
#define CMOV(name)   OP(name, CMOVCC, R_M, V, R)
#define SET(name)    OP(name, SETCC, M, B, W)

const struct tl_x86_opcode tl_x86_two_byte[256] = {
	[0x00 ... 0x01] = PLAIN(M),
	[0x02 ... 0x03] = PLAIN(R_M),
	[0x05 ... 0x09] = PLAIN(ALONE),
	[0x0b] = PLAIN(ALONE),
	[0x0d] = PLAIN(M),
	[0x0e] = PLAIN(ALONE),
	[0x0f] = PLAIN(M_I8), // 3DNow!
	[0x10 ... 0x1f] = PLAIN(M),
	[0x20 ... 0x23] = PLAIN(REGISTERS),
	[0x24] = PLAIN(REGISTERS), // test registers, of old CPUs
	[0x26] = PLAIN(REGISTERS),
	[0x28 ... 0x2f] = PLAIN(M),
	[0x30] = OP("wrmsr", WRMSR, ALONE, NO_SIZE, 0),
	[0x31] = PLAIN(ALONE),
	[0x32] = OP("rdmsr", RDMSR, ALONE, NO_SIZE, 0),
	[0x33 ... 0x35] = PLAIN(ALONE),
	[0x37] = PLAIN(ALONE),
	[0x40] = CMOV("cmovo"),
	[0x41] = CMOV("cmovno"),
	[0x42] = CMOV("cmovb"),
	[0x43] = CMOV("cmovae"),
	[0x44] = CMOV("cmove"),
	[0x45] = CMOV("cmovne"),
	[0x46] = CMOV("cmovbe"),
	[0x47] = CMOV("cmova"),
	[0x48] = CMOV("cmovs"),
	[0x49] = CMOV("cmovns"),
	[0x4a] = CMOV("cmovp"),
	[0x4b] = CMOV("cmovnp"),
	[0x4c] = CMOV("cmovl"),
	[0x4d] = CMOV("cmovge"),
	[0x4e] = CMOV("cmovle"),
	[0x4f] = CMOV("cmovg"),
	[0x50 ... 0x6f] = PLAIN(M),
	[0x70 ... 0x73] = PLAIN(M_I8),
	[0x74 ... 0x76] = PLAIN(M),
	[0x77] = PLAIN(ALONE),
	[0x78 ... 0x79] = PLAIN(M),
	[0x7c ... 0x7f] = PLAIN(M),
	[0x80 ... 0x8f] = PLAIN(JZ),
	[0x90] = SET("seto"),
	[0x91] = SET("setno"),
	[0x92] = SET("setb"),
	[0x93] = SET("setae"),
	[0x94] = SET("sete"),
	[0x95] = SET("setne"),
	[0x96] = SET("setbe"),
	[0x97] = SET("seta"),
	[0x98] = SET("sets"),
	[0x99] = SET("setns"),
	[0x9a] = SET("setp"),
	[0x9b] = SET("setnp"),
	[0x9c] = SET("setl"),
	[0x9d] = SET("setge"),
	[0x9e] = SET("setle"),
	[0x9f] = SET("setg"),
	[0xa0 ... 0xa2] = PLAIN(ALONE),
	[0xa3] = OP("bt", BT, M_R, V, R),
	[0xa4] = OP("shld", OTHER, M_I8, V, RW),
	[0xa5] = OP("shld", OTHER, M_R, V, RW),
	[0xa6 ... 0xa7] = PLAIN(M), // VIA PadLock
	[0xa8 ... 0xaa] = PLAIN(ALONE),
	[0xab] = OP("bts", BTS, M_R, V, RW),
	[0xac] = OP("shrd", OTHER, M_I8, V, RW),
	[0xad] = OP("shrd", OTHER, M_R, V, RW),
	[0xae] = PLAIN(M),
	[0xaf] = OP("imul", OTHER, R_M, V, R),
	[0xb0] = OP("cmpxchg", CMPXCHG, M_R, B, RW),
	[0xb1] = OP("cmpxchg", CMPXCHG, M_R, V, RW),
	[0xb2] = PLAIN(R_M),
	[0xb3] = OP("btr", BTR, M_R, V, RW),
	[0xb4 ... 0xb5] = PLAIN(R_M),
	[0xb6] = OP("movzx", MOVZX, R_M, B, R),
	[0xb7] = OP("movzx", MOVZX, R_M, W, R),
	[0xb8 ... 0xb9] = PLAIN(R_M),
	[0xba] = { "", TL_X86_OTHER, TL_X86_M_I8, TL_X86_V, 0, 8 },
	[0xbb] = OP("btc", BTC, M_R, V, RW),
	[0xbc ... 0xbd] = PLAIN(R_M),
	[0xbe] = OP("movsx", MOVSX, R_M, B, R),
	[0xbf] = OP("movsx", MOVSX, R_M, W, R),
	[0xc0] = OP("xadd", XADD, M_R, B, RW),
	[0xc1] = OP("xadd", XADD, M_R, V, RW),
	[0xc2] = PLAIN(M_I8),
	[0xc3] = OP("movnti", MOV, M_R, Y, W),
	[0xc4 ... 0xc6] = PLAIN(M_I8),
	[0xc7] = PLAIN(M),
	[0xc8 ... 0xcf] = PLAIN(ALONE),
	[0xd0 ... 0xff] = PLAIN(M),
};

#undef R
#undef W

// 0F 10 to 0F 17 and so on: the first opcode of a pair loads, the next stores.
#define LOAD(opcode, prefix, name, size, ...)                                                      \
	{                                                                                          \
		1, opcode, prefix, name, size, false, __VA_ARGS__                                  \
	}
#define STORE(opcode, prefix, name, size, ...)                                                     \
	{                                                                                          \
		1, opcode, prefix, name, size, true, __VA_ARGS__                                   \
	}
#define BOTH(opcode, step, prefix, name, size, ...)                                                \
	LOAD(opcode, prefix, name, size, __VA_ARGS__),                                             \
		STORE((opcode) + (step), prefix, name, size, __VA_ARGS__)

static const struct tl_x86_move moves[] = {
	BOTH(0x10, 1, 0, "movups", 16, false, true),
	BOTH(0x10, 1, 0x66, "movupd", 16, false, true),
	BOTH(0x10, 1, 0xf3, "movss", 4, false, false),
	BOTH(0x10, 1, 0xf2, "movsd", 8, false, false),
	BOTH(0x12, 1, 0, "movlps", 8, false, false),
	BOTH(0x12, 1, 0x66, "movlpd", 8, false, false),
	LOAD(0x12, 0xf3, "movsldup", 16, false, true),
	BOTH(0x16, 1, 0, "movhps", 8, false, false),
	BOTH(0x16, 1, 0x66, "movhpd", 8, false, false),
	LOAD(0x16, 0xf3, "movshdup", 16, false, true),
	BOTH(0x28, 1, 0, "movaps", 16, false, true),
	BOTH(0x28, 1, 0x66, "movapd", 16, false, true),
	STORE(0x2b, 0, "movntps", 16, false, true),
	STORE(0x2b, 0x66, "movntpd", 16, false, true),
	BOTH(0x6e, 0x10, 0, "movd", 0, true, false),
	BOTH(0x6e, 0x10, 0x66, "movd", 0, false, false),
	LOAD(0x7e, 0xf3, "movq", 8, false, false),
	BOTH(0x6f, 0x10, 0, "movq", 8, true, false),
	BOTH(0x6f, 0x10, 0x66, "movdqa", 16, false, true),
	BOTH(0x6f, 0x10, 0xf3, "movdqu", 16, false, true),
	STORE(0xd6, 0x66, "movq", 8, false, false),
	STORE(0xe7, 0, "movntq", 8, true, false),
	STORE(0xe7, 0x66, "movntdq", 16, false, true),
	LOAD(0xf0, 0xf2, "lddqu", 16, false, true),
	{ 2, 0x2a, 0x66, "movntdqa", 16, false, false, true },
};

const struct tl_x86_move *tl_x86_move(unsigned map, unsigned opcode, unsigned prefix)
{
	for (unsigned i = 0; i < sizeof(moves) / sizeof(moves[0]); i++)
		if (moves[i].map == map && moves[i].opcode == opcode && moves[i].prefix == prefix)
			return &moves[i];
	return NULL;
}

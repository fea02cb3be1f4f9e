// SPDX-License-Identifier: MIT
// The opcodes of one byte and the groups. SDM volume 2, appendix A, tables. Names stand
// where memory, a port or an MSR is accessed.
#include "arch/x86_64/opcode.h"

#define R  TL_X86_READS
#define W  TL_X86_WRITES
#define RW (R | W)
#define N  TL_X86_NOT_64

#define OP(name, op, shape, size, flags)                                                           \
	{                                                                                          \
		name, TL_X86_##op, TL_X86_##shape, TL_X86_##size, flags                            \
	}
#define PLAIN(shape, flags) OP("", OTHER, shape, NO_SIZE, flags)
#define GROUP(n, shape, size, flags)                                                               \
	{                                                                                          \
		"", TL_X86_OTHER, TL_X86_##shape, TL_X86_##size, flags, n                          \
	}

// The first six opcodes of eight: r/m, r; r, r/m; accumulator, immediate.
#define ALU(at, name, op, flags)                                                                   \
	[(at) + 0] = OP(name, op, M_R, B, flags), [(at) + 1] = OP(name, op, M_R, V, flags),        \
		[(at) + 2] = OP(name, op, R_M, B, R), [(at) + 3] = OP(name, op, R_M, V, R),        \
		[(at) + 4] = PLAIN(I8, 0), [(at) + 5] = PLAIN(IZ, 0)

const struct tl_x86_opcode tl_x86_one_byte[256] = {
	ALU(0x00, "add", ADD, RW),
	[0x06 ... 0x07] = PLAIN(ALONE, N),
	ALU(0x08, "or", OR, RW),
	[0x0e] = PLAIN(ALONE, N),
	ALU(0x10, "adc", ADC, RW),
	[0x16 ... 0x17] = PLAIN(ALONE, N),
	ALU(0x18, "sbb", SBB, RW),
	[0x1e ... 0x1f] = PLAIN(ALONE, N),
	ALU(0x20, "and", AND, RW),
	[0x27] = PLAIN(ALONE, N),
	ALU(0x28, "sub", SUB, RW),
	[0x2f] = PLAIN(ALONE, N),
	ALU(0x30, "xor", XOR, RW),
	[0x37] = PLAIN(ALONE, N),
	ALU(0x38, "cmp", CMP, R),
	[0x3f] = PLAIN(ALONE, N),
	[0x40 ... 0x4f] = PLAIN(ALONE, N), // REX
	[0x50 ... 0x5f] = PLAIN(ALONE, 0),
	[0x60 ... 0x61] = PLAIN(ALONE, N),
	[0x62] = PLAIN(R_M, N),			 // EVEX too
	[0x63] = OP("movsxd", MOVSX, R_M, D, R), // ARPL but in 64-bit code
	[0x68] = PLAIN(IZ, TL_X86_WIDE),
	[0x69] = OP("imul", OTHER, M_IZ, V, R),
	[0x6a] = PLAIN(I8, 0),
	[0x6b] = OP("imul", OTHER, M_I8, V, R),
	[0x6c] = OP("ins", INS, STRING, B, R),
	[0x6d] = OP("ins", INS, STRING, Z, R),
	[0x6e] = OP("outs", OUTS, STRING, B, W),
	[0x6f] = OP("outs", OUTS, STRING, Z, W),
	[0x70 ... 0x7f] = PLAIN(I8, 0),
	[0x80] = GROUP(1, M_I8, B, 0),
	[0x81] = GROUP(1, M_IZ, V, 0),
	[0x82] = GROUP(1, M_I8, B, N),
	[0x83] = GROUP(1, M_I8, V, 0),
	[0x84] = OP("test", TEST, M_R, B, R),
	[0x85] = OP("test", TEST, M_R, V, R),
	[0x86] = OP("xchg", XCHG, M_R, B, RW),
	[0x87] = OP("xchg", XCHG, M_R, V, RW),
	[0x88] = OP("mov", MOV, M_R, B, W),
	[0x89] = OP("mov", MOV, M_R, V, W),
	[0x8a] = OP("mov", MOV, R_M, B, R),
	[0x8b] = OP("mov", MOV, R_M, V, R),
	[0x8c] = OP("mov", OTHER, M, W, W), // a segment register
	[0x8d] = PLAIN(R_M, 0),
	[0x8e] = OP("mov", OTHER, M, W, R),
	[0x8f] = GROUP(2, M, V, TL_X86_WIDE), // XOP too
	[0x90 ... 0x99] = PLAIN(ALONE, 0),
	[0x9a] = PLAIN(FAR, N),
	[0x9b ... 0x9f] = PLAIN(ALONE, 0),
	[0xa0] = OP("mov", MOV, A_O, B, R),
	[0xa1] = OP("mov", MOV, A_O, V, R),
	[0xa2] = OP("mov", MOV, O_A, B, W),
	[0xa3] = OP("mov", MOV, O_A, V, W),
	[0xa4] = OP("movs", MOVS, STRING, B, RW),
	[0xa5] = OP("movs", MOVS, STRING, V, RW),
	[0xa6] = OP("cmps", CMPS, STRING, B, R),
	[0xa7] = OP("cmps", CMPS, STRING, V, R),
	[0xa8] = PLAIN(I8, 0),
	[0xa9] = PLAIN(IZ, 0),
	[0xaa] = OP("stos", STOS, STRING, B, W),
	[0xab] = OP("stos", STOS, STRING, V, W),
	[0xac] = OP("lods", LODS, STRING, B, R),
	[0xad] = OP("lods", LODS, STRING, V, R),
	[0xae] = OP("scas", SCAS, STRING, B, R),
	[0xaf] = OP("scas", SCAS, STRING, V, R),
	[0xb0 ... 0xb7] = PLAIN(I8, 0),
	[0xb8 ... 0xbf] = PLAIN(IV, 0),
	[0xc0] = GROUP(3, M_I8, B, RW),
	[0xc1] = GROUP(3, M_I8, V, RW),
	[0xc2] = PLAIN(I16, 0),
	[0xc3] = PLAIN(ALONE, 0),
	[0xc4 ... 0xc5] = PLAIN(R_M, N), // VEX too
	[0xc6] = GROUP(4, M_I8, B, W),
	[0xc7] = GROUP(4, M_IZ, V, W),
	[0xc8] = PLAIN(I16_I8, 0),
	[0xc9] = PLAIN(ALONE, 0),
	[0xca] = PLAIN(I16, 0),
	[0xcb ... 0xcc] = PLAIN(ALONE, 0),
	[0xcd] = PLAIN(I8, 0),
	[0xce] = PLAIN(ALONE, N),
	[0xcf] = PLAIN(ALONE, 0),
	[0xd0] = GROUP(3, M, B, RW),
	[0xd1] = GROUP(3, M, V, RW),
	[0xd2] = GROUP(3, M, B, RW),
	[0xd3] = GROUP(3, M, V, RW),
	[0xd4 ... 0xd5] = PLAIN(I8, N),
	[0xd6] = PLAIN(ALONE, N),
	[0xd7] = PLAIN(ALONE, 0),
	[0xd8 ... 0xdf] = PLAIN(M, 0), // x87
	[0xe0 ... 0xe3] = PLAIN(I8, 0),
	[0xe4] = OP("in", IN, I_PORT, B, R),
	[0xe5] = OP("in", IN, I_PORT, Z, R),
	[0xe6] = OP("out", OUT, I_PORT, B, W),
	[0xe7] = OP("out", OUT, I_PORT, Z, W),
	[0xe8 ... 0xe9] = PLAIN(JZ, 0),
	[0xea] = PLAIN(FAR, N),
	[0xeb] = PLAIN(I8, 0),
	[0xec] = OP("in", IN, D_PORT, B, R),
	[0xed] = OP("in", IN, D_PORT, Z, R),
	[0xee] = OP("out", OUT, D_PORT, B, W),
	[0xef] = OP("out", OUT, D_PORT, Z, W),
	[0xf1] = PLAIN(ALONE, 0),
	[0xf4 ... 0xf5] = PLAIN(ALONE, 0),
	[0xf6] = GROUP(5, M, B, 0),
	[0xf7] = GROUP(5, M, V, 0),
	[0xf8 ... 0xfd] = PLAIN(ALONE, 0),
	[0xfe] = GROUP(6, M, B, 0),
	[0xff] = GROUP(7, M, V, 0),
};

// The opcode gives shape and size, but that TEST has an immediate.
#define MEMBER(name, op, flags) OP(name, op, UNUSED, NO_SIZE, flags)
#define ANY			MEMBER("", OTHER, 0)

const struct tl_x86_opcode tl_x86_groups[TL_X86_N_GROUPS][8] = {
	{ MEMBER("add", ADD, RW), MEMBER("or", OR, RW), MEMBER("adc", ADC, RW),
		MEMBER("sbb", SBB, RW), MEMBER("and", AND, RW), MEMBER("sub", SUB, RW),
		MEMBER("xor", XOR, RW), MEMBER("cmp", CMP, R) },
	{ MEMBER("pop", POP, W) },
	{ MEMBER("rol", OTHER, 0), MEMBER("ror", OTHER, 0), MEMBER("rcl", OTHER, 0),
		MEMBER("rcr", OTHER, 0), MEMBER("shl", OTHER, 0), MEMBER("shr", OTHER, 0),
		MEMBER("shl", OTHER, 0), MEMBER("sar", OTHER, 0) },
	{ MEMBER("mov", MOV, W) },
	{ OP("test", TEST, M_IZ, NO_SIZE, R), OP("test", TEST, M_IZ, NO_SIZE, R),
		MEMBER("not", NOT, RW), MEMBER("neg", NEG, RW), MEMBER("mul", OTHER, R),
		MEMBER("imul", OTHER, R), MEMBER("div", OTHER, R), MEMBER("idiv", OTHER, R) },
	{ MEMBER("inc", INC, RW), MEMBER("dec", DEC, RW) },
	{ MEMBER("inc", INC, RW), MEMBER("dec", DEC, RW), MEMBER("call", OTHER, R | TL_X86_WIDE),
		ANY, MEMBER("jmp", OTHER, R | TL_X86_WIDE), ANY,
		MEMBER("push", PUSH, R | TL_X86_WIDE) },
	// 0F BA
	{ ANY, ANY, ANY, ANY, MEMBER("bt", BT, R), MEMBER("bts", BTS, RW), MEMBER("btr", BTR, RW),
		MEMBER("btc", BTC, RW) },
};

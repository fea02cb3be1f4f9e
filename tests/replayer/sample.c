// SPDX-License-Identifier: MIT
// What test_symbols builds and looks into. It runs nowhere.

static inline __attribute__((always_inline)) int inner(int x)
{
	__asm__ volatile("nop; mark: nop"); // in inner(), which is in outer()
	return x * 3;
}

static __attribute__((noinline)) int outer(int x)
{
	{
		int y = inner(x);

		return y + 1;
	}
}

static __attribute__((noinline)) void plain(void)
{
	__asm__ volatile("nop; second: nop"); // in plain()
}

int table[4] = { 1 };
void _start(void);

void _start(void)
{
	for (;;) {
		table[1] = outer(table[0]);
		plain();
	}
}

// SPDX-License-Identifier: MIT
#include "recorder/vmm/uart.h"

#include <errno.h>
#include <unistd.h>

#include "recorder/vmm/machine.h"

enum { UART_16550_THR = 0, UART_16550_LSR = 5, UART_16550_SCR = 7 };

#define LSR_IDLE 0x60 // transmit holding register and transmitter empty

enum { PL011_DR = 0x00, PL011_FR = 0x18, PL011_ID = 0xfe0 };

#define FR_IDLE 0x90 // transmit FIFO empty, receive FIFO empty

static const uint8_t pl011_ids[] = { 0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1 };

static struct tl_error *transmit(struct tl_machine *machine, uint64_t value)
{
	uint8_t byte = (uint8_t)value;

	while (write(machine->options->console, &byte, 1) < 0)
		if (errno != EINTR)
			return tl_error_errno(errno, "console");
	return NULL;
}

uint64_t tl_uart_16550_read(struct tl_machine *machine, uint64_t offset)
{
	switch (offset) {
	case UART_16550_LSR:
		return LSR_IDLE;
	case UART_16550_SCR:
		return machine->uart_scratch;
	}
	return 0;
}

struct tl_error *tl_uart_16550_write(struct tl_machine *machine, uint64_t offset, uint64_t value)
{
	if (offset == UART_16550_THR)
		return transmit(machine, value);
	if (offset == UART_16550_SCR)
		machine->uart_scratch = (uint8_t)value;
	return NULL;
}

uint64_t tl_uart_pl011_read(struct tl_machine *machine, uint64_t offset)
{
	if (offset == PL011_FR)
		return FR_IDLE;
	if (offset >= PL011_ID && offset % 4 == 0)
		return pl011_ids[(offset - PL011_ID) / 4];
	return 0;
}

struct tl_error *tl_uart_pl011_write(struct tl_machine *machine, uint64_t offset, uint64_t value)
{
	return offset == PL011_DR ? transmit(machine, value) : NULL;
}

uint64_t tl_exit_port_read(struct tl_machine *machine, uint64_t offset)
{
	return 0;
}

struct tl_error *tl_exit_port_write(struct tl_machine *machine, uint64_t offset, uint64_t value)
{
	tl_machine_end(machine, (int)value, NULL);
	return NULL;
}

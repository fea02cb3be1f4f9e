/* SPDX-License-Identifier: MIT */
#ifndef TL_RECORDER_VMM_UART_H
#define TL_RECORDER_VMM_UART_H

#include "recorder/vmm/bus.h"

/** 16550: transmits; is always ready to; has a scratch register. Reads of other registers give 0.
 */
uint64_t tl_uart_16550_read(struct tl_machine *machine, uint64_t offset);
struct tl_error *tl_uart_16550_write(struct tl_machine *machine, uint64_t offset, uint64_t value);

/** PL011 (Arm DDI 0183): transmits; is always ready to; has its ids. Other registers read as 0. */
uint64_t tl_uart_pl011_read(struct tl_machine *machine, uint64_t offset);
struct tl_error *tl_uart_pl011_write(struct tl_machine *machine, uint64_t offset, uint64_t value);

/** The port that ends the machine with the status written to it. Reads as 0. */
uint64_t tl_exit_port_read(struct tl_machine *machine, uint64_t offset);
struct tl_error *tl_exit_port_write(struct tl_machine *machine, uint64_t offset, uint64_t value);

#endif

/* SPDX-License-Identifier: MIT */
#ifndef TL_ARCH_X86_64_PORT_H
#define TL_ARCH_X86_64_PORT_H

#include <stdbool.h>
#include <stdint.h>

/** What a PC has at that port: "serial port COM1: data"; NULL for what no table here has. */
const char *tl_x86_port_name(uint16_t port);

/** The port is not the PC's but of QEMU's machines: an assumption about the VMM. */
bool tl_x86_port_is_assumed(uint16_t port);

#endif

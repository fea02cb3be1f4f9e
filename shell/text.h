/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_TEXT_H
#define TL_SHELL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Text for people. What comes from a trace goes through here, so that it can neither drive the
 * terminal nor pass for other text.
 */

/**
 * Writes `size` bytes of text; control characters, marks that turn the direction of writing, and
 * bytes that are no UTF-8 become \xNN or \u{NNNN}.
 */
void tl_put_text(FILE *to, const char *text, size_t size);
/** The same of a whole string; NULL writes nothing. */
void tl_put_string(FILE *to, const char *text);

/** "00ff12": two digits a byte. */
void tl_put_hex(FILE *to, const uint8_t *bytes, size_t size);

/** Data of an access: in quotes where it is text, else in hex; long data is cut, which is said. */
void tl_put_data(FILE *to, const uint8_t *bytes, size_t size);

/** "640 bytes", "12.5 KiB", "1.2 GiB". */
void tl_put_size(FILE *to, uint64_t bytes);

/** "850 ns", "12.345 us", "1.5 s". */
void tl_put_duration(FILE *to, uint64_t ns);

/** "+12.345678": seconds since the start. */
void tl_put_time(FILE *to, uint64_t ns);

/** Length of the UTF-8 character at `text` (1 to 4), 0 when it is none; its code point in *ret. */
unsigned tl_utf8(const char *text, size_t size, uint32_t *ret);

enum tl_style { TL_STYLE_PLAIN, TL_STYLE_BOLD, TL_STYLE_DIM };

/** Switches stdout to a style; nothing where stdout is no terminal or NO_COLOR is set. */
void tl_style(enum tl_style style);

#endif

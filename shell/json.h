/* SPDX-License-Identifier: MIT */
#ifndef TL_SHELL_JSON_H
#define TL_SHELL_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/**
 * JSON as it is written, one value after the other. `key` is NULL in an array. 64-bit values go out
 * as text in hex, since many readers of JSON take numbers for doubles.
 */
struct tl_json {
	FILE *to;
	bool comma; /**< the next value follows another */
};

void tl_json_open(struct tl_json *json, const char *key, char bracket); /**< '{' or '[' */
void tl_json_close(struct tl_json *json, char bracket);			/**< '}' or ']' */

void tl_json_int(struct tl_json *json, const char *key, int64_t value);
void tl_json_real(struct tl_json *json, const char *key, double value);
void tl_json_bool(struct tl_json *json, const char *key, bool value);
void tl_json_null(struct tl_json *json, const char *key);
void tl_json_hex(struct tl_json *json, const char *key, uint64_t value);       /**< "0x..." */
void tl_json_string(struct tl_json *json, const char *key, const char *value); /**< NULL: null */
/** Bytes that are no UTF-8 become U+FFFD. */
void tl_json_text(struct tl_json *json, const char *key, const char *value, size_t size);
void tl_json_bytes(struct tl_json *json, const char *key, const uint8_t *bytes, size_t size);

/** Ends an object that stands on a line of its own. */
void tl_json_line(struct tl_json *json);

#endif

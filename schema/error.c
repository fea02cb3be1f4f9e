// SPDX-License-Identifier: MIT
#include "schema/error.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tl_error no_memory = { TL_ERROR_IO, "out of memory" };

// Consumes the message.
static struct tl_error *wrap(enum tl_error_code code, char *message)
{
	struct tl_error *err = message ? malloc(sizeof(*err)) : NULL;

	if (!err) {
		free(message);
		return &no_memory;
	}
	err->code = code;
	err->message = message;
	return err;
}

static char *format(const char *fmt, va_list ap)
{
	char *text;

	return vasprintf(&text, fmt, ap) < 0 ? NULL : text;
}

// "a" and "b" as "a: b"; consumes neither.
static char *join(const char *a, const char *b)
{
	char *text;

	return asprintf(&text, "%s: %s", a, b) < 0 ? NULL : text;
}

struct tl_error *(tl_error_new)(enum tl_error_code code, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = format(fmt, ap);
	va_end(ap);
	return wrap(code, text);
}

static enum tl_error_code code_of_errno(int number)
{
	return number == ENOENT ? TL_ERROR_NOT_FOUND : TL_ERROR_IO;
}

struct tl_error *(tl_error_errno)(int number, const char *fmt, ...)
{
	struct tl_error *err;
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = format(fmt, ap);
	va_end(ap);
	if (!text)
		return &no_memory;
	err = wrap(code_of_errno(number), join(text, strerror(number)));
	free(text);
	return err;
}

struct tl_error *tl_error_in(struct tl_error *err, const char *fmt, ...)
{
	va_list ap;
	char *place, *text;

	if (!err || err == &no_memory)
		return err;
	va_start(ap, fmt);
	place = format(fmt, ap);
	va_end(ap);
	text = place ? join(place, err->message) : NULL;
	free(place);
	if (!text)
		return err;
	free(err->message);
	err->message = text;
	return err;
}

void tl_error_free(struct tl_error *err)
{
	if (!err || err == &no_memory)
		return;
	free(err->message);
	free(err);
}

/* SPDX-License-Identifier: MIT */
#ifndef TL_SCHEMA_ERROR_H
#define TL_SCHEMA_ERROR_H

#include <stdarg.h>

enum tl_error_code {
	TL_ERROR_USAGE = 1,    /**< the caller's or the person's words are off */
	TL_ERROR_NOT_FOUND,    /**< no such file, program, exit */
	TL_ERROR_NOT_RECORDED, /**< the trace does not hold it */
	TL_ERROR_UNSUPPORTED,  /**< this machine, kernel, guest or trace cannot do it */
	TL_ERROR_CORRUPT,      /**< a file or record contradicts its format */
	TL_ERROR_REFUSED,      /**< possible, but not done, for the reason given */
	TL_ERROR_IO,	       /**< the system said no */
};

/**
 * Why something failed. Functions that can fail return `struct tl_error *`, NULL on success.
 * The message is one line, lower case, without a full stop; it names what was found and, where
 * that helps, what was expected.
 */
struct tl_error {
	enum tl_error_code code;
	char *message; /**< owned by the error */
};

#define TL_CHECK	__attribute__((warn_unused_result))
#define TL_NEVER_NULL	__attribute__((returns_nonnull))
#define TL_PRINTF(f, a) __attribute__((format(printf, f, a)))

/** A new error, owned by the caller. Never NULL: without memory it is one fixed error that says so. */
TL_CHECK TL_PRINTF(2, 3) struct tl_error *tl_error_new(
	enum tl_error_code code, const char *fmt, ...);

/** The same from errno `number`: the message, ": ", and the system's text for it. */
TL_CHECK TL_PRINTF(2, 3) struct tl_error *tl_error_errno(int number, const char *fmt, ...);

/**
 * Puts a place before the message ("boot.trap: exit 41: ..."); consumes `err` and returns it.
 * NULL stays NULL, so that a result can be passed through.
 */
TL_CHECK TL_PRINTF(2, 3) struct tl_error *tl_error_in(struct tl_error *err, const char *fmt, ...);

/** Frees an error; NULL is fine. */
void tl_error_free(struct tl_error *err);

// The analyzer follows paths on which an error is NULL; these are none.
#ifdef __clang_analyzer__
#define TL_ASSUME_ERROR(call)                                                                      \
	({                                                                                         \
		struct tl_error *made_ = call;                                                     \
		if (!made_)                                                                        \
			__builtin_unreachable();                                                   \
		made_;                                                                             \
	})
#define tl_error_new(...)   TL_ASSUME_ERROR((tl_error_new)(__VA_ARGS__))
#define tl_error_errno(...) TL_ASSUME_ERROR((tl_error_errno)(__VA_ARGS__))
#endif

#endif

/* SPDX-License-Identifier: MIT */
/**
 * Trapline's recorder for VMM authors (libtrapline.so.0, pkg-config "trapline"): C and C++.
 *
 * A VMM that calls trapline_ioctl() instead of ioctl(2) for its KVM descriptors can record itself,
 * with no preload. Without a recording under way it costs one branch.
 */
#ifndef TRAPLINE_H
#define TRAPLINE_H

#ifdef __cplusplus
extern "C" {
#endif

#define TRAPLINE_API __attribute__((visibility("default")))

/**
 * ioctl(2) for KVM descriptors (request type 0xAE); any other request is passed on untouched.
 * Same arguments, result and errno as ioctl(2).
 */
TRAPLINE_API int trapline_ioctl(int fd, unsigned long request, ...);

/**
 * Closes `fd` as close(2) does and forgets what it was. A VMM that uses trapline_ioctl() calls this
 * for KVM descriptors, or a later descriptor of the same number could be taken for the old one.
 */
TRAPLINE_API int trapline_close(int fd);

#ifdef __cplusplus
}
#endif
#endif

// SPDX-License-Identifier: MIT
// Guest memory that the VMM may unmap at any moment, read without a fault: the kernel copies it
// into the arena's scratch line on our behalf and says EFAULT where we would have died.
#include "recorder/shim/shim.h"

#include <string.h>
#include <sys/uio.h>

enum { MOST_PIECES = TL_WALK_STEPS + 2 };

static _Atomic uint64_t next_cookie = 1;

// Counts the bytes; 0 when there are too many of them.
static size_t lay_out(struct iovec *iov, const struct tl_shim_piece *pieces, unsigned n)
{
	size_t total = iov[0].iov_len;

	for (unsigned i = 0; i < n; i++) {
		iov[i + 1].iov_base =
			(void *)(uintptr_t)pieces[i].host; // NOLINT: checked by the kernel
		iov[i + 1].iov_len = pieces[i].size;
		total += pieces[i].size;
	}
	return total <= TL_ARENA_SCRATCH ? total : 0;
}

// A careless VMM may have closed our descriptor and got another file of the same number: then the
// cookie does not arrive, and we stop reading memory at all.
static bool arrived(const struct tl_shim_ring *ring, uint64_t cookie)
{
	static _Atomic bool lost;

	if (!atomic_load_explicit(&lost, memory_order_relaxed) &&
		!memcmp(ring->scratch, &cookie, sizeof(cookie)))
		return true;
	atomic_store(&lost, true);
	return false;
}

const uint8_t *tl_shim_gather(
	struct tl_shim_ring *ring, const struct tl_shim_piece *pieces, unsigned n)
{
	uint64_t cookie = atomic_fetch_add_explicit(&next_cookie, 1, memory_order_relaxed);
	struct iovec iov[MOST_PIECES + 1] = { { &cookie, sizeof(cookie) } };
	const off_t at = (off_t)tl_arena_scratch_at(ring->number);
	size_t total;

	if (n > MOST_PIECES)
		return NULL;
	total = lay_out(iov, pieces, n);
	if (!total || pwritev(tl_shim_arena_descriptor(), iov, (int)n + 1, at) != (ssize_t)total)
		return NULL;
	return arrived(ring, cookie) ? ring->scratch + sizeof(cookie) : NULL;
}

bool tl_shim_read(struct tl_shim_ring *ring, uint64_t host, void *buf, size_t size)
{
	const struct tl_shim_piece piece = { host, (uint16_t)size };
	const uint8_t *bytes = tl_shim_gather(ring, &piece, 1);

	if (bytes)
		memcpy(buf, bytes, size);
	return bytes;
}

// SPDX-License-Identifier: MIT
// Which object each descriptor of this process stands for.
#include "recorder/shim/shim.h"

#include <pthread.h>
#include <unistd.h>

static _Atomic(struct tl_shim_object *) table[TL_SHIM_DESCRIPTORS];
static _Atomic pid_t home; // whose descriptors the table has; 0: it is empty

// A forked child has copies of descriptors that it cannot use: what they stand for stays its parent's.
static void in_forked_child(void)
{
	for (int fd = 0; fd < TL_SHIM_DESCRIPTORS; fd++)
		if (tl_shim_descriptor_known(fd))
			atomic_store(&table[fd], NULL);
	tl_shim_objects_forget();
	atomic_store(&home, getpid());
}

static void settle(void)
{
	pid_t nobody = 0;

	if (atomic_compare_exchange_strong(&home, &nobody, tl_shim_pid()))
		pthread_atfork(NULL, NULL, in_forked_child);
}

// False in a child of vfork(): it has our memory, and descriptors of its own.
static bool at_home(void)
{
	return tl_shim_pid() == atomic_load(&home);
}

struct tl_shim_object *tl_shim_object_get(int fd)
{
	struct tl_shim_object *object;

	if (fd < 0 || fd >= TL_SHIM_DESCRIPTORS)
		return NULL;
	while ((object = atomic_load_explicit(&table[fd], memory_order_acquire))) {
		atomic_fetch_add_explicit(&object->users, 1, memory_order_acq_rel);
		if (atomic_load(&table[fd]) == object)
			return object;
		tl_shim_object_put(object);
	}
	return NULL;
}

// Consumes the caller's user of `object`: it is the descriptor's now.
void tl_shim_descriptor_made(int fd, struct tl_shim_object *object)
{
	struct tl_shim_object *before;

	if (fd < 0 || fd >= TL_SHIM_DESCRIPTORS) {
		tl_shim_object_put(object);
		return;
	}
	settle();
	before = atomic_exchange(&table[fd], object);
	if (before)
		tl_shim_object_put(before);
}

void tl_shim_descriptor_closed(int fd)
{
	struct tl_shim_object *object;

	if (!tl_shim_descriptor_known(fd) || !at_home())
		return;
	object = atomic_exchange(&table[fd], NULL);
	if (object)
		tl_shim_object_put(object);
}

void tl_shim_descriptor_copied(int from, int to)
{
	struct tl_shim_object *object;

	if (from == to || (!tl_shim_descriptor_known(from) && !tl_shim_descriptor_known(to)) ||
		!at_home())
		return;
	object = tl_shim_object_get(from);
	tl_shim_descriptor_closed(to);
	if (object)
		tl_shim_descriptor_made(to, object);
}

int tl_shim_descriptor_of(const struct tl_shim_object *object, int hint)
{
	if (hint >= 0 && hint < TL_SHIM_DESCRIPTORS && atomic_load(&table[hint]) == object)
		return hint;
	for (int fd = 0; fd < TL_SHIM_DESCRIPTORS; fd++)
		if (atomic_load_explicit(&table[fd], memory_order_relaxed) == object)
			return fd;
	return -1;
}

bool tl_shim_descriptor_known(int fd)
{
	return fd >= 0 && fd < TL_SHIM_DESCRIPTORS &&
	       atomic_load_explicit(&table[fd], memory_order_relaxed);
}

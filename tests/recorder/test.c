// SPDX-License-Identifier: MIT
#include "tests/recorder/test.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char scratch[PATH_MAX - 256];
static pid_t owner;

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return remove(path);
}

// A forked child that calls exit() leaves it alone.
static void remove_scratch(void)
{
	if (getpid() == owner)
		nftw(scratch, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_scratch(void)
{
	const char *dir = getenv("TMPDIR");

	snprintf(scratch, sizeof(scratch), "%s/trapline-test-XXXXXX", dir ? dir : "/tmp");
	assert_non_null(mkdtemp(scratch));
	owner = getpid();
	atexit(remove_scratch);
}

const char *in_scratch(const char *name)
{
	static char paths[16][PATH_MAX];
	static unsigned n;
	char *path = paths[n++ % 16];

	if (!*scratch)
		make_scratch();
	snprintf(path, PATH_MAX, "%s/%s", scratch, name);
	return path;
}

const char *fresh(const char *name)
{
	const char *path = in_scratch(name);

	assert_true(!unlink(path) || errno == ENOENT);
	return path;
}

void write_file(const char *path, const void *bytes, size_t size, unsigned mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, size), size);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

// Files of the kernel do not say how long they are.
static char *read_all(int fd, size_t *ret_size)
{
	size_t size = 0, room = 1 << 16;
	char *bytes = malloc(room);
	ssize_t n;

	while (bytes && (n = read(fd, bytes + size, room - size - 1)) > 0) {
		size += (size_t)n;
		if (room - size < room / 2)
			bytes = realloc(bytes, room *= 2);
	}
	assert_non_null(bytes);
	bytes[size] = 0; // NOLINT: what cmocka asserts, clang does not see
	*ret_size = size;
	return bytes;
}

char *read_file(const char *path, size_t *ret_size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *bytes;

	assert_true(fd >= 0);
	bytes = read_all(fd, ret_size);
	close(fd);
	return bytes;
}

void sleep_ms(unsigned ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

bool no_kvm(void)
{
	int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);

	if (fd >= 0) {
		close(fd);
		return false;
	}
	printf("skipped: /dev/kvm: %s\n", strerror(errno));
	return true;
}

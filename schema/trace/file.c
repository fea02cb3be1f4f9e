// SPDX-License-Identifier: MIT
#include "schema/trace/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t load_be(const uint8_t *bytes, unsigned size)
{
	uint64_t value = 0;

	while (size--)
		value = value << 8 | *bytes++;
	return value;
}

static struct tl_error *check_magic(const struct tl_file *l)
{
	static const uint8_t zstd[4] = { 0x28, 0xb5, 0x2f, 0xfd };

	if (!l->size)
		return tl_error_new(TL_ERROR_CORRUPT, "is empty");
	if (l->n >= 4 && !memcmp(l->header, zstd, 4))
		return tl_error_new(TL_ERROR_UNSUPPORTED, "is compressed; unpack it with zstd -d first");
	if (l->n < TL_FILE_HEADER || memcmp(l->header, "SQLite format 3", 16) != 0)
		return tl_error_new(TL_ERROR_CORRUPT, "is no trace: not an SQLite file");
	return NULL;
}

static bool wal_is_empty(const char *path)
{
	char *wal = sqlite3_mprintf("%s-wal", path);
	struct stat st;
	bool empty = wal && (stat(wal, &st) || !st.st_size);

	sqlite3_free(wal);
	return empty;
}

// Closing a descriptor gives up SQLite's locks on the file, so this comes before SQLite.
static struct tl_error *look_inside(int fd, struct tl_file *l)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st))
		return tl_error_errno(errno, "cannot be read");
	if (S_ISDIR(st.st_mode))
		return tl_error_new(TL_ERROR_USAGE, "is a folder");
	if (!S_ISREG(st.st_mode))
		return tl_error_new(TL_ERROR_USAGE, "is not a regular file");
	n = pread(fd, l->header, TL_FILE_HEADER, 0);
	if (n < 0)
		return tl_error_errno(errno, "cannot be read");
	l->n = (size_t)n;
	l->size = (uint64_t)st.st_size;
	l->recording = flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
	return NULL;
}

struct tl_error *tl_file_look(const char *path, struct tl_file *ret)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct tl_error *err;

	if (fd < 0)
		return tl_error_errno(errno, "cannot be opened");
	err = look_inside(fd, ret);
	close(fd);
	ret->wal_is_empty = wal_is_empty(path);
	return err ? err : check_magic(ret);
}

// SQLite says "malformed" where it notices; what is wrong with the length is plain to see.
struct tl_error *tl_file_truncated(struct tl_error *err, const struct tl_file *l)
{
	const uint64_t page = load_be(l->header + 16, 2), pages = load_be(l->header + 28, 4);
	const uint64_t expected = pages * (page == 1 ? 65536 : page);

	if (!err || err->code != TL_ERROR_CORRUPT || l->size >= expected)
		return err;
	tl_error_free(err);
	return tl_error_new(TL_ERROR_CORRUPT, "truncated: %llu bytes, expected %llu",
		(unsigned long long)l->size, (unsigned long long)expected);
}

// Without its log, a file in WAL mode is a copy of what was there; nothing needs to be made beside it.
bool tl_file_is_copy(const struct tl_file *l)
{
	return l->header[18] == 2 && l->wal_is_empty && !l->recording;
}

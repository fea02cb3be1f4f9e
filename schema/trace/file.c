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

static struct tl_error *check_magic(const struct tl_file *f)
{
	static const uint8_t zstd[4] = { 0x28, 0xb5, 0x2f, 0xfd };

	if (!f->size)
		return tl_error_new(TL_ERROR_CORRUPT, "is empty");
	if (f->n >= 4 && !memcmp(f->header, zstd, 4))
		return tl_error_new(
			TL_ERROR_UNSUPPORTED, "is compressed; unpack it with zstd -d first");
	if (f->n < TL_FILE_HEADER || memcmp(f->header, "SQLite format 3", 16) != 0)
		return tl_error_new(TL_ERROR_CORRUPT, "is no trace: not an SQLite file");
	return NULL;
}

/*
 * SQLite does not mind a last page that is not all there. The header says how many pages there are,
 * when its two counters agree; while there is a log, that may say more.
 */
static struct tl_error *check_length(const struct tl_file *f)
{
	const uint64_t page = load_be(f->header + 16, 2), pages = load_be(f->header + 28, 4);
	const uint64_t expected = pages * (page == 1 ? 65536 : page);

	if (!f->wal_is_empty || f->recording || f->size >= expected ||
		memcmp(f->header + 24, f->header + 92, 4) != 0)
		return NULL;
	return tl_error_new(TL_ERROR_CORRUPT, "truncated: %llu bytes, expected %llu",
		(unsigned long long)f->size, (unsigned long long)expected);
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
static struct tl_error *look_inside(int fd, struct tl_file *f)
{
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st))
		return tl_error_errno(errno, "cannot be read");
	if (S_ISDIR(st.st_mode))
		return tl_error_new(TL_ERROR_USAGE, "is a folder");
	if (!S_ISREG(st.st_mode))
		return tl_error_new(TL_ERROR_USAGE, "is not a regular file");
	n = pread(fd, f->header, TL_FILE_HEADER, 0);
	if (n < 0)
		return tl_error_errno(errno, "cannot be read");
	f->n = (size_t)n;
	f->size = (uint64_t)st.st_size;
	f->recording = flock(fd, LOCK_SH | LOCK_NB) && errno == EWOULDBLOCK;
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
	if (!err)
		err = check_magic(ret);
	return err ? err : check_length(ret);
}

// Without its log, a file in WAL mode is a copy of what was there; nothing needs to be made beside it.
bool tl_file_is_copy(const struct tl_file *f)
{
	return f->header[18] == 2 && f->wal_is_empty && !f->recording;
}

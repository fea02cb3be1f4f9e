// SPDX-License-Identifier: MIT
// A trace that cannot be written any further, since the disk is full or a limit is reached, says so
// itself. Some room is set aside for that from the beginning, in a file without a name.
#include "schema/trace/writer.h"

#include "schema/trace/writing.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ROOM = 128 << 10 };

// A file system that knows no such files, or that cannot set room aside in them, does without.
struct tl_error *tl_writer_set_room_aside(struct tl_writer *w)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(w->path, '/');
	int error;

	snprintf(folder, sizeof(folder), "%.*s", slash ? (int)(slash - w->path + 1) : 1,
		slash ? w->path : ".");
	w->spare = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (w->spare < 0 || !fallocate(w->spare, 0, 0, ROOM))
		return NULL;
	error = errno;
	close(w->spare);
	w->spare = -1;
	return error == ENOSPC || error == EDQUOT ? tl_error_errno(error, "room for its end")
						  : NULL;
}

static void take_room(struct tl_writer *w)
{
	if (w->spare >= 0)
		close(w->spare);
	w->spare = -1;
}

static struct tl_error *drop_open_transaction(struct tl_writer *w)
{
	struct tl_error *err = NULL;

	if (!sqlite3_get_autocommit(w->db))
		err = tl_sql(w->db, "ROLLBACK");
	w->in_transaction = false;
	return err;
}

static struct tl_error *say(struct tl_writer *w, tl_seq newest, const char *why)
{
	struct tl_record_gap gap = { .to_seq = newest, .vcpu = TL_NO_VCPU };
	tl_seq there = 0;
	struct tl_error *err = tl_writer_newest(w, &there);

	if (err)
		return err;
	if (there < newest) {
		gap.from_seq = there + 1;
		gap.lost = newest - there;
	}
	err = tl_writer_put_gap(w, &gap, why);
	if (!err)
		err = tl_sql(w->db, "COMMIT");
	w->in_transaction = false;
	return err;
}

static struct tl_error *try_to_say(struct tl_writer *w, tl_seq newest, const char *why)
{
	struct tl_error *err = drop_open_transaction(w);

	return err ? err : say(w, newest, why);
}

struct tl_error *tl_writer_last_words(struct tl_writer *w, tl_seq newest, const char *why)
{
	struct tl_error *err;

	take_room(w);
	err = try_to_say(w, newest, why);
	if (!err)
		return NULL;
	// Where the log may not grow, the file itself perhaps may.
	tl_error_free(err);
	err = drop_open_transaction(w);
	if (!err)
		err = tl_sql(w->db, "PRAGMA wal_checkpoint(TRUNCATE)");
	if (!err)
		err = try_to_say(w, newest, why);
	return tl_writer_at(w, err);
}

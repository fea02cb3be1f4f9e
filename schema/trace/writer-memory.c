// SPDX-License-Identifier: MIT
// Scans of memory.
#include "schema/trace/writing.h"

struct tl_error *tl_writer_region(
	struct tl_writer *w, const struct tl_record_region *region, const char *why)
{
	return tl_writer_at(
		w, TL_WRITER_PUT(w, PUT_REGION, "iuuuit", (int64_t)region->vm, region->host,
			   region->bytes, region->scan, (int64_t)region->kind, *why ? why : NULL));
}

static struct tl_error *put_page(struct tl_writer *w, const struct tl_record_pages *from,
	uint64_t host, const uint8_t *bytes)
{
	const bool there = !(host & TL_PAGE_UNREADABLE);
	struct tl_error *err = NULL;
	int64_t page = 0;

	host &= ~TL_PAGE_UNREADABLE;
	if (there)
		err = tl_page_store_put(w->pages, from->vm, host, bytes, &page);
	return err ? err
		   : tl_step(w->stmt[PUT_PAGE_VERSION], "iuuo", (int64_t)from->vm, host, from->scan,
			     there, (uint64_t)page);
}

struct tl_error *tl_writer_pages(struct tl_writer *w, const struct tl_record_pages *pages,
	const uint64_t *hosts, const uint8_t *bytes)
{
	struct tl_error *err = tl_writer_begin(w);

	if (!err && !w->pages)
		err = tl_page_store_open(w->db, &w->pages);
	for (uint32_t i = 0; !err && i < pages->pages; i++)
		err = put_page(w, pages, hosts[i], bytes + (size_t)i * TL_PAGE_BYTES);
	return tl_writer_at(w, tl_error_in(err, "scan %llu", (unsigned long long)pages->scan));
}

struct tl_error *tl_writer_scan(struct tl_writer *w, const struct tl_record_scan *scan)
{
	return tl_writer_at(w, TL_WRITER_PUT(w, PUT_SCAN, "uiuiiiu", scan->scan, (int64_t)scan->vm,
				       scan->seq, (int64_t)scan->phase, (int64_t)scan->kind,
				       (int64_t)scan->running, scan->pages));
}

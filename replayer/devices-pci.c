// SPDX-License-Identifier: MIT
// A guest's accesses to PCI configuration space in a trace: by ECAM and CAM where the board's map
// has them, and by ports 0xcf8 and 0xcfc. PCI Local Bus 3.0, 3.2.2.3.2.
#include "replayer/devices-parts.h"
#include "replayer/pci.h"
#include "schema/trace/row.h"

enum { CONFIG_ADDRESS = 0xcf8, CONFIG_DATA = 0xcfc };

struct bus {
	struct tl_pci pci;
	uint32_t address; // CONFIG_ADDRESS; 0: not known
};

// An access to a port: one of the address is kept, one of the data is of that address.
static bool by_port(struct bus *bus, uint64_t port, struct tl_pci_config *c)
{
	if (port < CONFIG_DATA) {
		if (c->write && c->size == 4 && port == CONFIG_ADDRESS)
			bus->address = (uint32_t)c->value;
		return false;
	}
	c->at = bus->address >> 8 & 0xffff;
	c->offset = (bus->address & 0xfc) + (unsigned)(port - CONFIG_DATA);
	return bus->address >> 31;
}

static void by_window(const struct tl_window *w, tl_gpa gpa, struct tl_pci_config *c)
{
	const unsigned shift = w->use == TL_WINDOW_ECAM ? 12 : 8;

	c->at = (uint32_t)((gpa - w->first) >> shift);
	c->offset = (unsigned)((gpa - w->first) & ((1u << shift) - 1));
}

// Queued writes come before the exit that found them.
static const char query[] =
	"SELECT seq, 1 AS turn, seq AS nth, reason = 2, addr, size, write, "
	"CASE WHEN count > 1 THEN NULL WHEN write THEN value "
	"WHEN typeof(reply) = 'integer' THEN reply END "
	"FROM exit WHERE seq BETWEEN ?1 AND ?2 AND ((reason = 6 AND "
	"(addr BETWEEN ?3 AND ?4 OR addr BETWEEN ?5 AND ?6)) OR (reason = 2 AND "
	"addr BETWEEN 0xcf8 AND 0xcff)) AND vcpu IN (SELECT vcpu FROM vcpu WHERE vm = ?7) "
	"UNION ALL SELECT seq, 0, id, pio, addr, size, 1, value FROM coalesced "
	"WHERE seq BETWEEN ?1 AND ?2 AND vm = ?7 AND ((pio AND addr BETWEEN 0xcf8 AND 0xcff) OR "
	"(NOT pio AND (addr BETWEEN ?3 AND ?4 OR addr BETWEEN ?5 AND ?6))) "
	"ORDER BY seq, turn, nth";

static const struct tl_window *window_at(const struct tl_window *const windows[2], tl_gpa gpa)
{
	for (unsigned n = 0; n < 2; n++)
		if (windows[n] && gpa >= windows[n]->first && gpa <= windows[n]->last)
			return windows[n];
	return NULL;
}

static struct tl_error *read_rows(
	struct bus *bus, const struct tl_window *const windows[2], struct tl_row *row)
{
	while (tl_row_next(row)) {
		const uint64_t addr = tl_row_u64(row, 4);
		const struct tl_window *w = tl_row_u64(row, 3) ? NULL : window_at(windows, addr);
		struct tl_pci_config c = { .seq = tl_row_u64(row, 0),
			.size = (unsigned)tl_row_bounded(row, 5, 8),
			.write = tl_row_u64(row, 6),
			.has_value = tl_row_has(row, 7),
			.value = tl_row_u64_or(row, 7, 0) };

		if (w)
			by_window(w, addr, &c);
		else if (!by_port(bus, addr, &c))
			continue;
		tl_pci_take(&bus->pci, &c);
	}
	return tl_row_error(row);
}

static void bind(const struct tl_question *q, const struct tl_rows *rows,
	const struct tl_window *const windows[2], sqlite3_stmt *stmt)
{
	sqlite3_reset(stmt);
	sqlite3_bind_int64(stmt, 1, (sqlite3_int64)rows->from);
	sqlite3_bind_int64(stmt, 2, (sqlite3_int64)rows->to);
	for (int n = 0; n < 2; n++) {
		sqlite3_bind_int64(
			stmt, 3 + 2 * n, windows[n] ? (sqlite3_int64)windows[n]->first : 1);
		sqlite3_bind_int64(
			stmt, 4 + 2 * n, windows[n] ? (sqlite3_int64)windows[n]->last : 0);
	}
	sqlite3_bind_int64(stmt, 7, q->vm);
}

static struct tl_error *read_all(
	const struct tl_question *q, struct bus *bus, const struct tl_window *const windows[2])
{
	struct tl_row row = { 0 };
	struct tl_error *err = tl_trace_prepare(q->trace, query, &row.stmt);

	if (err)
		return err;
	bind(q, &q->early, windows, row.stmt);
	err = read_rows(bus, windows, &row);
	bus->address = 0;
	if (!err) {
		bind(q, &(struct tl_rows){ q->near.from, q->seq }, windows, row.stmt);
		err = read_rows(bus, windows, &row);
	}
	sqlite3_finalize(row.stmt);
	return err;
}

struct tl_error *tl_devices_pci(const struct tl_question *q, struct tl_device_guess *ret)
{
	const struct tl_window *windows[2] = { 0 };
	struct bus bus = { 0 };
	struct tl_board board;
	struct tl_error *err;

	if (tl_board_of(q->trace, &board))
		for (unsigned n = 0; n < 2; n++)
			windows[n] = tl_board_pci(&board, n);
	err = read_all(q, &bus, windows);
	if (err)
		return tl_error_in(err, "%s", tl_trace_path(q->trace));
	tl_pci_find(&bus.pci, q->gpa, ret);
	return NULL;
}

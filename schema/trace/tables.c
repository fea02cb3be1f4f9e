// SPDX-License-Identifier: MIT
#include "schema/trace/tables.h"

const struct tl_trace_object tl_trace_tables[] = {
	{ "meta", "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID" },
	{ "process",
		"CREATE TABLE process(id INTEGER PRIMARY KEY, pid INTEGER, time INTEGER, exe TEXT, "
		"arguments TEXT)" },
	{ "vm", "CREATE TABLE vm(vm INTEGER PRIMARY KEY, pid INTEGER, time INTEGER, type INTEGER, "
		"abi INTEGER, adopted INTEGER, closed INTEGER)" },
	{ "cap", "CREATE TABLE cap(vm INTEGER, cap INTEGER, value INTEGER, PRIMARY KEY(vm, cap)) "
		 "WITHOUT ROWID" },
	{ "vcpu",
		"CREATE TABLE vcpu(vcpu INTEGER PRIMARY KEY, vm INTEGER, id INTEGER, time INTEGER, "
		"adopted INTEGER, closed INTEGER)" },
	{ "exit",
		// What changes from exit to exit stands last: it compresses better so.
		"CREATE TABLE exit(seq INTEGER PRIMARY KEY, vcpu INTEGER, reason INTEGER, "
		"error INTEGER, pc INTEGER, addr INTEGER, size INTEGER, write INTEGER, "
		"count INTEGER, code INTEGER, reply, value INTEGER, time INTEGER, ran INTEGER)" },
	{ "detail", "CREATE TABLE detail(seq INTEGER PRIMARY KEY, payload BLOB, data BLOB)" },
	{ "answer", "CREATE TABLE answer(seq INTEGER PRIMARY KEY, time INTEGER, bytes BLOB, "
		    "flags INTEGER, cr8 INTEGER, dirty INTEGER, sync BLOB)" },
	{ "input",
		"CREATE TABLE input(id INTEGER PRIMARY KEY, seq INTEGER, time INTEGER, vm INTEGER, "
		"vcpu INTEGER, device INTEGER, request INTEGER, arg INTEGER, result INTEGER, "
		"data BLOB)" },
	{ "coalesced", "CREATE TABLE coalesced(id INTEGER PRIMARY KEY, seq INTEGER, vm INTEGER, "
		       "pio INTEGER, addr INTEGER, size INTEGER, value INTEGER)" },
	{ "slot",
		"CREATE TABLE slot(id INTEGER PRIMARY KEY, seq INTEGER, time INTEGER, vm INTEGER, "
		"space INTEGER, slot INTEGER, flags INTEGER, gpa INTEGER, size INTEGER, "
		"host INTEGER)" },
	{ "code", "CREATE TABLE code(code INTEGER PRIMARY KEY, before INTEGER, bytes BLOB)" },
	{ "state", "CREATE TABLE state(vcpu INTEGER, seq INTEGER, exits INTEGER, chunk BLOB, "
		   "PRIMARY KEY(vcpu, seq)) WITHOUT ROWID" },
	{ "extra", "CREATE TABLE extra(seq INTEGER PRIMARY KEY, chunk BLOB)" },
	{ "page", "CREATE TABLE page(page INTEGER PRIMARY KEY, pages INTEGER, base INTEGER, "
		  "bytes BLOB)" },
	{ "page_version",
		"CREATE TABLE page_version(vm INTEGER, host INTEGER, scan INTEGER, page INTEGER, "
		"PRIMARY KEY(vm, host, scan)) WITHOUT ROWID" },
	{ "scan", "CREATE TABLE scan(scan INTEGER PRIMARY KEY, vm INTEGER, seq INTEGER, "
		  "phase INTEGER, kind INTEGER, running INTEGER, pages INTEGER)" },
	{ "region", "CREATE TABLE region(vm INTEGER, host INTEGER, bytes INTEGER, scan INTEGER, "
		    "kind INTEGER, why TEXT, PRIMARY KEY(vm, scan, host)) WITHOUT ROWID" },
	{ "notice", "CREATE TABLE notice(id INTEGER PRIMARY KEY, seq INTEGER, time INTEGER, "
		    "vcpu INTEGER, level INTEGER, text TEXT)" },
	{ "gap", "CREATE TABLE gap(id INTEGER PRIMARY KEY, vcpu INTEGER, from_seq INTEGER, "
		 "to_seq INTEGER, lost INTEGER, why TEXT)" },
	{ "tally", "CREATE TABLE tally(vcpu INTEGER, reason INTEGER, error INTEGER, exits INTEGER, "
		   "PRIMARY KEY(vcpu, reason, error)) WITHOUT ROWID" },
	{ "name", "CREATE TABLE name(what TEXT, number INTEGER, name TEXT, PRIMARY KEY(what, "
		  "number)) "
		  "WITHOUT ROWID" },
	{ NULL, NULL },
};

const struct tl_trace_object tl_trace_indexes[] = {
	{ "input_seq", "CREATE INDEX input_seq ON input(seq)" },
	{ "coalesced_seq", "CREATE INDEX coalesced_seq ON coalesced(seq)" },
	{ "scan_seq", "CREATE INDEX scan_seq ON scan(seq)" },
	{ NULL, NULL },
};

#define NAME(what, number)                                                                         \
	"(SELECT name FROM name WHERE name.what = '" what "' AND name.number = " number ")"
// NULL stays NULL: what was not recorded is not zero.
#define HEX(value) "CASE WHEN " value " IS NOT NULL THEN printf('0x%x', " value ") END"
// A reply that is bytes, or none, is no number.
#define NUMBER(value) "CASE typeof(" value ") WHEN 'integer' THEN " value " END"
#define RW	      "CASE write WHEN 1 THEN 'write' WHEN 0 THEN 'read' END"
#define SECONDS	      "printf('%.6f', exit.time / 1e9)"
// Four bytes at PC, as the word that they are on a little-endian machine.
#define BYTE(n) "substr(hex(substr(code.bytes, code.before + " n ", 1)), 1, 2)"
#define INSN	"nullif(lower(" BYTE("4") " || " BYTE("3") " || " BYTE("2") " || " BYTE("1") "), '')"
// An input of this vCPU between the exit and the next one, by its KVM ioctl number.
#define DID(number, more)                                                                          \
	"EXISTS(SELECT 1 FROM input WHERE input.vcpu = exit.vcpu AND input.seq >= exit.seq "       \
	"AND input.seq < ifnull((SELECT next.seq FROM exit next WHERE next.vcpu = exit.vcpu "      \
	"AND next.seq > exit.seq ORDER BY next.seq LIMIT 1), 9223372036854775807) "                \
	"AND (input.request & 255) = " number                                                      \
	" AND (input.request & 0xc0000000) = 0x40000000 " more ")"

// clang-format off
// SQL is laid out by hand.
const struct tl_trace_object tl_trace_views[] = {
	{ "exits",
		"CREATE VIEW exits AS SELECT seq, vcpu, time, ran, "
		"ifnull(" NAME("exit", "reason") ", 'exit ' || reason) AS reason, "
		"exit.reason AS number, " NAME("errno", "error") " AS error, "
		"pc, addr, size, write, count, value, reply, "
		HEX("pc") " AS pc_hex, " HEX("addr") " AS addr_hex, "
		HEX("value") " AS value_hex, " HEX(NUMBER("reply")) " AS reply_hex "
		"FROM exit" },
	{ "mmio",
		"CREATE VIEW mmio AS SELECT seq, vcpu, " SECONDS " AS time, "
		HEX("pc") " AS pc, " HEX("addr") " AS gpa, size, " RW " AS rw, "
		HEX("ifnull(value, reply)") " AS value "
		"FROM exit WHERE reason = 6" },
	{ "pio",
		"CREATE VIEW pio AS SELECT seq, vcpu, " SECONDS " AS time, "
		HEX("pc") " AS pc, " HEX("addr") " AS port, size, "
		"CASE write WHEN 1 THEN 'out' ELSE 'in' END AS rw, ifnull(count, 1) AS count, "
		HEX("ifnull(value, " NUMBER("reply") ")") " AS value "
		"FROM exit WHERE reason = 2" },
	{ "nisv",
		"CREATE VIEW nisv AS SELECT exit.seq AS seq, exit.vcpu AS vcpu, " SECONDS " AS time, "
		HEX("pc") " AS pc, " INSN " AS insn, " HEX("addr") " AS fault_ipa, " RW " AS rw, "
		NAME("fault_status", "value & 63") " AS fault_status, "
		"CASE WHEN error = 38 THEN 'ENOSYS, the VMM did not ask for NISV' "
		"WHEN " DID("160", "AND substr(data, 3, 1) = x'01'") " THEN 'external abort' "
		"WHEN " DID("160", "AND substr(data, 1, 1) = x'01'") " THEN 'SError' "
		"WHEN " DID("172", "") " THEN 'registers set' "
		"WHEN reply IS NOT NULL THEN 'entered again' END AS reply "
		"FROM exit LEFT JOIN code ON code.code = exit.code WHERE reason = 28" },
	{ "idsr",
		"CREATE VIEW idsr AS SELECT exit.seq AS seq, vcpu, " SECONDS " AS time, "
		HEX("pc") " AS pc, " INSN " AS insn, "
		"CASE WHEN addr >> 14 & 3 THEN printf('s%d_%d_c%d_c%d_%d', addr >> 14 & 3, "
		"addr >> 11 & 7, addr >> 7 & 15, addr >> 3 & 15, addr & 7) "
		"WHEN addr >> 7 & 15 THEN printf('p15_%d_c%d_c%d_%d', (addr >> 13 & 8) + (addr >> 11 "
		"& 7), addr >> 7 & 15, addr >> 3 & 15, addr & 7) "
		"ELSE printf('p15_%d_c%d', (addr >> 13 & 8) + (addr >> 11 & 7), addr >> 3 & 15) END "
		"AS register, " RW " AS rw, "
		HEX("ifnull(value, " NUMBER("reply") ")") " AS value, "
		"CASE WHEN reply IS NULL THEN NULL WHEN substr(answer.bytes, 11, 1) = x'01' "
		"THEN 'handled' WHEN answer.flags & 8 THEN 'unhandled, the VMM did not ask' "
		"ELSE 'unhandled' END AS reply "
		"FROM exit LEFT JOIN code ON code.code = exit.code "
		"LEFT JOIN answer ON answer.seq = exit.seq "
		"WHERE " NAME("exit", "reason") " = 'idsr'" },
	{ "msr",
		"CREATE VIEW msr AS SELECT exit.seq AS seq, vcpu, " SECONDS " AS time, "
		HEX("pc") " AS pc, " HEX("addr") " AS msr, " RW " AS rw, "
		HEX("ifnull(value, " NUMBER("reply") ")") " AS value, "
		"CASE WHEN reply IS NULL THEN NULL WHEN substr(answer.bytes, 1, 1) = x'00' "
		"THEN 'done' ELSE '#GP' END AS reply "
		"FROM exit LEFT JOIN answer ON answer.seq = exit.seq "
		"WHERE " NAME("exit", "reason") " IN ('rdmsr', 'wrmsr')" },
	{ "failed_run",
		"CREATE VIEW failed_run AS SELECT seq, vcpu, " SECONDS " AS time, "
		"ifnull(" NAME("errno", "error") ", error) AS error, "
		NAME("exit", "reason") " AS reason, " HEX("pc") " AS pc "
		"FROM exit WHERE error IS NOT NULL" },
	{ NULL, NULL },
};
// clang-format on

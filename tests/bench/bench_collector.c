// SPDX-License-Identifier: MIT
// How much the collector takes: its rate beside that of bare SQLite inserts of the same rows, and
// how long a producer waits for room that makes 300,000 exits a second.
//
//   bench_collector [--limits]   --limits: fewer rounds; status 1 when a limit is broken
#include "recorder/collector/collector.h"
#include "recorder/shim/shim.h"
#include "tests/bench/bench.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 5, FEW_ROUNDS = 3, EXITS = 600000, RATE = 300000, BATCH = 4096, CHANGED = 3 };

static void check(struct tl_error *err)
{
	if (!err)
		return;
	fprintf(stderr, "bench: %s\n", err->message);
	exit(1);
}

// An MMIO exit as the shim makes them: a counter, RIP and RFLAGS have changed.
static void produce_exit(struct tl_shim_ring *ring, uint64_t seq, uint64_t now)
{
	struct {
		struct tl_record_exit head;
		uint64_t words[CHANGED];
		uint8_t payload[24];
		uint8_t code[32];
	} body = { .head = { .seq = seq,
			   .entered = now - 3000,
			   .exited = now,
			   .reason = KVM_EXIT_MMIO,
			   .payload = 24,
			   .code = 32,
			   .code_before = 16,
			   .flags = seq == 1 ? TL_EXIT_KEY : 0,
			   .known = { UINT64_MAX, 3 },
			   .changed = { 4 | 3 << 16, 0 } },
		.words = { seq, 0x100000 + seq % 64, 0x46 } };
	const uint64_t gpa = 0xd0000000 + seq % 16 * 4;
	void *to = tl_shim_reserve(ring, 0, sizeof(body), seq);

	memcpy(body.payload, &gpa, 8);
	memcpy(body.payload + 8, &seq, 4);
	body.payload[16] = 4;
	body.payload[20] = 1;
	if (!to)
		return;
	memcpy(to, &body, sizeof(body));
	tl_ring_commit(to, TL_RECORD_EXIT, sizeof(body));
}

static void produce_reply(struct tl_shim_ring *ring, uint64_t seq, uint64_t now)
{
	struct {
		struct tl_record_reply head;
		uint8_t answer[8];
	} body = { .head = { .seq = seq, .time = now, .answer = 8 } };
	void *to = tl_shim_reserve(ring, 0, sizeof(body), 0);

	if (!to)
		return;
	memcpy(to, &body, sizeof(body));
	tl_ring_commit(to, TL_RECORD_REPLY, sizeof(body));
}

// `rate` exits a second, evenly spaced; 0: as fast as there is room.
static void produce(int arena, unsigned rate, uint64_t *ns)
{
	struct tl_shim_ring ring = { 0 };
	uint64_t start, due, now;

	if (!tl_shim_attach(dup(arena)) || !tl_shim_ring_claim(&ring))
		_exit(1);
	tl_shim_process_ring();
	due = start = tl_bench_now();
	for (uint64_t seq = 1; seq <= EXITS; seq++) {
		for (now = tl_bench_now(); rate && now < due; now = tl_bench_now())
			;
		due += rate ? 1000000000 / rate : 0;
		produce_exit(&ring, seq, now);
		produce_reply(&ring, seq, now);
	}
	*ns = tl_bench_now() - start;
	_exit(0);
}

struct outcome {
	double seconds, waited; // until all is in the file; of the producer's time
	uint64_t lost;
};

static struct outcome collect(unsigned rate)
{
	const char *path = tl_bench_file("collector.trap");
	const struct tl_collector_options options = { .path = path,
		.record = { .level = TL_REGS_CORE, .max_wait_ns = UINT64_C(10000000000) } };
	static uint64_t *ns;
	struct tl_collector_result result;
	struct tl_collector *collector;
	uint64_t start;
	pid_t child;

	if (!ns)
		ns = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unlink(path);
	check(tl_collector_open(&options, &collector));
	start = tl_bench_now();
	child = fork();
	if (!child)
		produce(tl_collector_arena(collector), rate, ns);
	check(tl_collector_run(collector, child, &result));
	check(tl_collector_finish(collector));
	unlink(path);
	return (struct outcome){ .seconds = (double)(tl_bench_now() - start) / 1e9,
		.waited = (double)result.waited_ns / (double)*ns,
		.lost = result.lost };
}

static double bare(void)
{
	const char *path = tl_bench_file("bare.db");
	const uint64_t start = tl_bench_now();
	sqlite3_stmt *stmt;
	sqlite3 *db;

	unlink(path);
	sqlite3_open(path, &db);
	sqlite3_exec(db,
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
		"CREATE TABLE exit(seq INTEGER PRIMARY KEY, vcpu INTEGER, reason INTEGER, "
		"error INTEGER, pc INTEGER, addr INTEGER, size INTEGER, write INTEGER, "
		"count INTEGER, code INTEGER, reply, value INTEGER, time INTEGER, ran INTEGER)",
		NULL, NULL, NULL);
	sqlite3_prepare_v2(
		db, "INSERT INTO exit VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)", -1, &stmt, NULL);
	for (int64_t seq = 1; seq <= EXITS; seq++) {
		const int64_t row[] = { seq, 0, 6, 0, 0x100000 + seq % 64,
			0xd0000000 + seq % 16 * 4, 4, 1, 0, 1, 0, seq, (int64_t)tl_bench_now(),
			3000 };

		if (seq % BATCH == 1)
			sqlite3_exec(db, "BEGIN", NULL, NULL, NULL);
		for (int i = 0; i < 14; i++)
			if (i != 3 && i != 8 && i != 10)
				sqlite3_bind_int64(stmt, i + 1, row[i]);
		sqlite3_bind_zeroblob(stmt, 11, 0);
		sqlite3_step(stmt);
		sqlite3_reset(stmt);
		if (seq % BATCH == 0 || seq == EXITS)
			sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	unlink(path);
	return (double)(tl_bench_now() - start) / 1e9;
}

struct rates {
	double sqlite, ours, ratio, waited; // seconds, seconds, of one, per cent
	double lost;
};

static struct rates measure(int rounds)
{
	double sqlite[ROUNDS], ours[ROUNDS], ratio[ROUNDS], waited[ROUNDS];
	uint64_t lost = 0;

	for (int i = 0; i < rounds; i++) {
		struct outcome fast, paced;

		sqlite[i] = bare();
		fast = collect(0);
		paced = collect(RATE);
		ours[i] = fast.seconds;
		ratio[i] = sqlite[i] / ours[i];
		waited[i] = 100 * paced.waited;
		lost += fast.lost + paced.lost;
	}
	return (struct rates){ tl_bench_median(sqlite, rounds), tl_bench_median(ours, rounds),
		tl_bench_median(ratio, rounds), tl_bench_median(waited, rounds), (double)lost };
}

int main(int argc, char **argv)
{
	const bool limited = argc > 1 && !strcmp(argv[1], "--limits");
	const struct rates r = measure(limited ? FEW_ROUNDS : ROUNDS);
	const struct tl_bench_limit limits[] = {
		{ "collector's rate, of bare SQLite inserts", "x", r.ratio, 0.5, true },
		{ "a producer of 300,000 exits a second waits", "%", r.waited, 1, false },
		{ "records lost", "", r.lost, 0, false },
	};

	if (limited)
		return !tl_bench_limits(limits, 3);
	printf("bare SQLite inserts          %8.0f rows a second\n", EXITS / r.sqlite);
	printf("the collector                %8.0f exits a second  %6.3f x\n", EXITS / r.ours,
		r.ratio);
	printf("a producer of %d exits a second waits %.3f %% of its time, %.0f records lost\n",
		RATE, r.waited, r.lost);
	return 0;
}

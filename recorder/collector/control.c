// SPDX-License-Identifier: MIT
#include "recorder/collector/control.h"

#include "schema/wire/control.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MOST = 512 };

struct tl_control {
	struct pollfd fds[MOST + 1]; // the listening socket, then connections
	unsigned n;
	char why[128];
};

// A name that nobody else can have guessed and taken.
static void name(struct tl_arena *arena)
{
	uint64_t random = 0;

	if (getrandom(&random, sizeof(random), 0) < 0)
		random = (uintptr_t)arena;
	snprintf(arena->control + 1, sizeof(arena->control) - 1, "trapline-%d-%016llx",
		(int)getpid(), (unsigned long long)random);
}

static struct tl_error *listen_at(const struct tl_arena *arena, int *ret)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	memcpy(at.sun_path, arena->control, sizeof(arena->control));
	*ret = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (*ret < 0 || bind(*ret, (const struct sockaddr *)&at, sizeof(at)) || listen(*ret, MOST))
		return tl_error_errno(errno, "control channel");
	return NULL;
}

struct tl_error *tl_control_open(struct tl_arena *arena, struct tl_control **ret)
{
	struct tl_control *c = calloc(1, sizeof(*c));
	struct tl_error *err;

	if (!c)
		return tl_error_new(TL_ERROR_IO, "out of memory");
	name(arena);
	err = listen_at(arena, &c->fds[0].fd);
	if (err) {
		tl_control_close(c);
		return err;
	}
	c->fds[0].events = POLLIN;
	*ret = c;
	return NULL;
}

void tl_control_close(struct tl_control *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i <= c->n; i++)
		if (c->fds[i].fd >= 0)
			close(c->fds[i].fd);
	free(c);
}

const char *tl_control_refused(const struct tl_control *c)
{
	return c->why[0] ? c->why : NULL;
}

static void answer(int fd, enum tl_control_type type, const char *text)
{
	const size_t size = strlen(text);
	struct tl_control_message message = { TL_CONTROL_VERSION, (uint16_t)type, (uint32_t)size,
		{ 0 } };

	memcpy(message.body, text, size);
	if (send(fd, &message, TL_CONTROL_HEADER + size, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		return; // whoever asked has gone
}

static bool is_ours(struct tl_control *c, const struct ucred *peer)
{
	if (peer->uid == geteuid() || peer->uid == 0)
		return true;
	snprintf(c->why, sizeof(c->why), "process %d is user %u's, this recording is user %u's",
		(int)peer->pid, peer->uid, geteuid());
	return false;
}

static bool speaks_our_version(struct tl_control *c, const struct tl_control_message *message,
	ssize_t n, struct tl_control_hello *hello)
{
	memset(hello, 0, sizeof(*hello));
	if (n == (ssize_t)(TL_CONTROL_HEADER + sizeof(*hello)) && message->type == TL_CONTROL_HELLO)
		memcpy(hello, message->body, sizeof(*hello));
	if (n >= TL_CONTROL_HEADER && message->version == TL_CONTROL_VERSION &&
		hello->arena == TL_ARENA_VERSION)
		return true;
	snprintf(c->why, sizeof(c->why),
		"the shim speaks version %u.%u, this trapline %d.%d: is TRAPLINE_SHIM another's?",
		n >= 2 ? message->version : 0, hello->arena, TL_CONTROL_VERSION, TL_ARENA_VERSION);
	return false;
}

static void forget(struct tl_control *c, unsigned i)
{
	close(c->fds[i].fd);
	c->fds[i] = c->fds[c->n--];
}

// False when the connection is over.
static bool hear(struct tl_control *c, int fd, struct tl_process_list *processes)
{
	struct tl_control_message message;
	struct tl_control_hello hello;
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);
	const ssize_t n = recv(fd, &message, sizeof(message), MSG_DONTWAIT);

	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	if (!n || getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size))
		return false;
	if (is_ours(c, &peer) && speaks_our_version(c, &message, n, &hello)) {
		tl_process_list_add(processes, hello.pid, (uint32_t)peer.pid);
		answer(fd, TL_CONTROL_WELCOME, "");
		return true;
	}
	answer(fd, TL_CONTROL_REFUSED, c->why);
	return false;
}

static void welcome(struct tl_control *c)
{
	int fd;

	while ((fd = accept4(c->fds[0].fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		if (c->n == MOST)
			forget(c, 1);
		c->fds[++c->n] = (struct pollfd){ .fd = fd, .events = POLLIN };
	}
}

void tl_control_serve(struct tl_control *c, struct tl_process_list *processes)
{
	if (poll(c->fds, c->n + 1, 0) <= 0)
		return;
	for (unsigned i = c->n; i > 0; i--)
		if (c->fds[i].revents && !hear(c, c->fds[i].fd, processes))
			forget(c, i);
	if (c->fds[0].revents)
		welcome(c);
}

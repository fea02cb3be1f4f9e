// SPDX-License-Identifier: MIT
// Hello to the collector, once a process. Whatever goes wrong, the VMM goes on.
#include "recorder/shim/keep.h"
#include "recorder/shim/shim.h"

#include "schema/wire/control.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static struct tl_shim_kept connection;

bool tl_shim_control_owns(int fd)
{
	return tl_shim_kept_is(&connection, fd);
}

void tl_shim_control_make_way(int fd)
{
	tl_shim_kept_make_way(&connection, fd);
}

static bool may_talk(void)
{
	static const int calls[] = { SYS_socket, SYS_setsockopt, SYS_connect, SYS_sendto,
		SYS_recvfrom, SYS_close };

	for (unsigned i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (!tl_shim_may(calls[i]))
			return false;
	return true;
}

static int dial(void)
{
	const struct timeval patience = { .tv_sec = 1 };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = may_talk() ? socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0) : -1;

	if (fd < 0)
		return -1;
	memcpy(to.sun_path, tl_shim_arena->control, sizeof(tl_shim_arena->control));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (!connect(fd, (const struct sockaddr *)&to, sizeof(to)))
		return fd;
	tl_shim_real_close(fd);
	return -1;
}

static bool say_hello(int fd)
{
	const struct tl_control_hello hello = { (uint32_t)tl_shim_pid(), TL_ARENA_VERSION };
	struct tl_control_message message = { TL_CONTROL_VERSION, TL_CONTROL_HELLO, sizeof(hello),
		{ 0 } };
	const size_t size = TL_CONTROL_HEADER + sizeof(hello);

	memcpy(message.body, &hello, sizeof(hello));
	return send(fd, &message, size, MSG_NOSIGNAL) == (ssize_t)size;
}

// False only when the collector said no. No answer at all is no reason to lose a recording.
static bool welcomed(int fd)
{
	struct tl_control_message message;
	const ssize_t n = recv(fd, &message, sizeof(message), 0);

	return n < TL_CONTROL_HEADER || message.type != TL_CONTROL_REFUSED;
}

bool tl_shim_control_open(void)
{
	int fd = dial();

	if (fd < 0)
		return true;
	tl_shim_keep(&connection, fd);
	fd = tl_shim_kept_number(&connection);
	return !say_hello(fd) || welcomed(fd);
}

// A collector with very many processes hangs up on the oldest, but goes on listening.
bool tl_shim_control_lost(void)
{
	int fd = tl_shim_kept_number(&connection);
	char byte;
	ssize_t n;

	if (fd < 0 || !may_talk())
		return false;
	n = recv(fd, &byte, sizeof(byte), MSG_DONTWAIT | MSG_PEEK);
	if (n > 0 || (n < 0 && errno != ECONNRESET))
		return false;
	fd = dial();
	if (fd >= 0)
		tl_shim_real_close(fd);
	return fd < 0 && errno == ECONNREFUSED;
}

void tl_shim_control_forget(void)
{
	tl_shim_kept_close(&connection);
}

// SPDX-License-Identifier: MIT
// Whether a program can be recorded by preload, judged from its file.
#include "recorder/collector/program.h"

#include "arch/arch.h"
#include "recorder/collector/collector.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { SCRIPTS_DEEP = 4 };

static struct tl_error *in_path(const char *program, char **ret)
{
	const char *path = getenv("PATH");

	for (path = path ? path : "/usr/local/bin:/usr/bin:/bin"; *path;) {
		const size_t n = strcspn(path, ":");
		char *file;

		if (asprintf(&file, "%.*s/%s", (int)n, path, program) < 0)
			return tl_error_new(TL_ERROR_IO, "out of memory");
		if (!access(file, X_OK)) {
			*ret = file;
			return NULL;
		}
		free(file);
		path += n + (path[n] == ':');
	}
	return tl_error_new(TL_ERROR_NOT_FOUND, "%s: no such program in PATH", program);
}

struct tl_error *tl_program_find(const char *program, char **ret)
{
	struct stat st;

	if (!strchr(program, '/'))
		return in_path(program, ret);
	if (stat(program, &st))
		return tl_error_errno(errno, "%s", program);
	if (S_ISDIR(st.st_mode))
		return tl_error_new(TL_ERROR_NOT_FOUND, "%s: a folder, not a program", program);
	if (access(program, X_OK))
		return tl_error_errno(errno, "%s", program);
	*ret = strdup(program);
	return *ret ? NULL : tl_error_new(TL_ERROR_IO, "out of memory");
}

static struct tl_error *privileges(const char *file)
{
	struct stat st;
	char caps[64];

	if (stat(file, &st))
		return tl_error_errno(errno, "%s", file);
	if (st.st_mode & (S_ISUID | S_ISGID))
		return tl_error_new(TL_ERROR_REFUSED,
			"%s: set-user-id or set-group-id: the loader ignores preloaded libraries "
			"there; "
			"record a copy without that bit",
			file);
	if (getxattr(file, "security.capability", caps, sizeof(caps)) > 0)
		return tl_error_new(TL_ERROR_REFUSED,
			"%s: has file capabilities: the loader ignores preloaded libraries there; "
			"record a copy without them",
			file);
	return NULL;
}

static struct tl_error *judge_interpreter(const char *file, int fd, const Elf64_Phdr *ph)
{
	char name[256] = "";
	const size_t n = ph->p_filesz < sizeof(name) - 1 ? ph->p_filesz : sizeof(name) - 1;

	if (pread(fd, name, n, (off_t)ph->p_offset) < 0 || strstr(name, "/ld-linux"))
		return NULL;
	return tl_error_new(TL_ERROR_REFUSED,
		"%s: uses the loader %s, not glibc's: the shim cannot be preloaded; link the VMM "
		"with "
		"libtrapline instead",
		file, name);
}

static struct tl_error *find_interpreter(const char *file, int fd, const Elf64_Ehdr *eh)
{
	for (unsigned i = 0; i < eh->e_phnum; i++) {
		const off_t at = (off_t)(eh->e_phoff + (uint64_t)i * sizeof(Elf64_Phdr));
		Elf64_Phdr ph;

		if (pread(fd, &ph, sizeof(ph), at) != sizeof(ph))
			break;
		if (ph.p_type == PT_INTERP)
			return judge_interpreter(file, fd, &ph);
	}
	return tl_error_new(TL_ERROR_REFUSED,
		"%s: statically linked: nothing can be preloaded; link the VMM with libtrapline or "
		"dynamically",
		file);
}

static struct tl_error *judge_elf(const char *file, int fd)
{
	const unsigned machine = TL_ARCH_HOST.id == TL_ARCH_ARM64 ? EM_AARCH64 : EM_X86_64;
	Elf64_Ehdr eh;

	if (pread(fd, &eh, sizeof(eh), 0) != sizeof(eh) || eh.e_ident[EI_CLASS] != ELFCLASS64 ||
		eh.e_machine != machine)
		return tl_error_new(
			TL_ERROR_REFUSED, "%s: not a program for %s", file, TL_ARCH_HOST.name);
	return find_interpreter(file, fd, &eh);
}

static struct tl_error *judge(const char *program, unsigned deep);

// "#!/bin/sh -e": what counts is the shell, and whatever that starts.
static struct tl_error *judge_script(const char *line, unsigned deep)
{
	char shell[256];
	const char *start = line + 2 + strspn(line + 2, " \t");

	snprintf(shell, sizeof(shell), "%.*s", (int)strcspn(start, " \t\n"), start);
	return deep < SCRIPTS_DEEP ? judge(shell, deep + 1) : NULL;
}

static struct tl_error *judge_file(const char *file, unsigned deep)
{
	struct tl_error *err = NULL;
	char start[256] = "";
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return tl_error_errno(errno, "%s", file);
	if (pread(fd, start, sizeof(start) - 1, 0) < 0)
		err = tl_error_errno(errno, "%s", file);
	else if (!memcmp(start, ELFMAG, SELFMAG))
		err = judge_elf(file, fd);
	else if (!strncmp(start, "#!", 2))
		err = judge_script(start, deep);
	close(fd);
	return err;
}

static struct tl_error *judge(const char *program, unsigned deep)
{
	struct tl_error *err;
	char *file;

	err = tl_program_find(program, &file);
	if (err)
		return err;
	err = privileges(file);
	if (!err)
		err = judge_file(file, deep);
	free(file);
	return err;
}

struct tl_error *tl_collector_preloadable(const char *program)
{
	return judge(program, 0);
}

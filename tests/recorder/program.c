// SPDX-License-Identifier: MIT
#include "tests/recorder/program.h"

#include "tests/recorder/test.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void become(const struct program *program, int go, const char *const argv[])
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
	char byte;

	dup2(nothing, STDIN_FILENO);
	dup2(program->out, STDOUT_FILENO);
	dup2(program->err, STDERR_FILENO);
	if (read(go, &byte, 1) == 1)
		execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

struct program program_start(struct kernel_events *witness, const char *const argv[])
{
	struct program program = { .out = memfd_create("out", MFD_CLOEXEC),
		.err = memfd_create("err", MFD_CLOEXEC) };
	int go[2];

	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	fflush(NULL);
	program.pid = fork();
	assert_true(program.pid >= 0);
	if (!program.pid)
		become(&program, go[0], argv);
	if (witness)
		kernel_events_follow(witness, program.pid);
	assert_int_equal(write(go[1], "", 1), 1);
	close(go[0]);
	close(go[1]);
	return program;
}

static char *contents(int fd, size_t *ret_size)
{
	char path[40];
	char *bytes;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	bytes = read_file(path, ret_size);
	close(fd);
	return bytes;
}

struct outcome program_wait(struct program *program)
{
	struct outcome outcome;
	size_t size;
	int status;

	assert_int_equal(waitpid(program->pid, &status, 0), program->pid);
	outcome.status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	outcome.out = contents(program->out, &outcome.out_size);
	outcome.err = contents(program->err, &size);
	return outcome;
}

pid_t program_child(const struct program *program)
{
	char path[80], *text;
	pid_t child = 0;
	size_t size;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)program->pid,
		(int)program->pid);
	for (unsigned i = 0; !child && i < 2000; i++) {
		sleep_ms(5);
		text = read_file(path, &size);
		child = (pid_t)strtol(text, NULL, 10);
		free(text);
	}
	assert_true(child > 0);
	return child;
}

struct outcome program_run(struct kernel_events *witness, const char *const argv[])
{
	struct program program = program_start(witness, argv);

	return program_wait(&program);
}

void outcome_free(struct outcome *outcome)
{
	free(outcome->out);
	free(outcome->err);
}

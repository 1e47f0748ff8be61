/*
 * clock-shift SECONDS COMMAND [ARGUMENT...]: runs a command that reads another time of day.
 *
 * The command, and all that it starts, reads the kernel's time of day with SECONDS (which may be
 * negative) added: from clock_gettime, gettimeofday and time, whichever libc, static or not. A seccomp
 * filter stops these calls alone, and we, as the tracer of all, answer them in the kernel's place. So
 * that nobody reads the time past the kernel, programs are started without the address of the vDSO.
 * Who waits until a time of day, by clock_nanosleep or futex, waits for as long as it means to.
 *
 * Left as they are: the times of files, which the kernel sets; clocks that do not tell the time of day;
 * timers that timerfd_settime and timer_settime set to a time of day; programs of 32 bits. Needs Linux
 * 4.8 on x86-64, and leave to trace one's own children.
 *
 * Exit status: that of the command, or 128 + N when signal N ended it; 125 when it cannot be traced,
 * 126 when it cannot be run, 127 when it is not found, 2 for misuse. We end when all have ended.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef __x86_64__
#error "clock-shift knows the registers of x86-64 alone"
#endif

enum { MISUSE = 2, NOT_TRACED = 125, NOT_RUN = 126, NOT_FOUND = 127 };

typedef struct user_regs_struct registers;

/* Seconds. */
static long long shift;
static pid_t command;

/* -- What is stopped ---------------------------------------------------------------------------- */

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, field)
/* The lower half, which is all that the kernel reads of an int. */
#define LOAD_ARGUMENT(n) LOAD(offsetof(struct seccomp_data, args) + 8 * (n))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define TRACE BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE)
/* What follows is for the value alone: for another, so many statements of it are passed over. */
#define IF(value, statements) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, statements)

/* Eight statements. CLOCK_TAI is the time of day with leap seconds counted. */
#define TRACE_TIME_OF_DAY \
	LOAD_ARGUMENT(0), \
	IF(CLOCK_REALTIME, 1), TRACE, \
	IF(CLOCK_REALTIME_COARSE, 1), TRACE, \
	IF(CLOCK_TAI, 1), TRACE, \
	ALLOW

static struct sock_filter filter[] = {
	LOAD(offsetof(struct seccomp_data, arch)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0), ALLOW,
	LOAD(offsetof(struct seccomp_data, nr)),
	IF(SYS_gettimeofday, 1), TRACE,
	IF(SYS_time, 1), TRACE,
	IF(SYS_clock_gettime, 8), TRACE_TIME_OF_DAY,
	IF(SYS_clock_nanosleep, 8), TRACE_TIME_OF_DAY,
	IF(SYS_futex, 9),
	LOAD_ARGUMENT(1),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~FUTEX_PRIVATE_FLAG),
	IF(FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 1), TRACE,
	IF(FUTEX_WAIT_REQUEUE_PI | FUTEX_CLOCK_REALTIME, 1), TRACE,
	IF(FUTEX_LOCK_PI, 1), TRACE,
	ALLOW,
	ALLOW,
};

static int install_filter(void)
{
	struct sock_fprog program = { sizeof filter / sizeof *filter, filter };
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0)
		return 0;
	/* Who is not root may set one when it can gain nothing by set-uid programs from here on. */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return -1;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

/* -- The memory of the traced ------------------------------------------------------------------- */

static int get(pid_t pid, uint64_t from, void *to, size_t size)
{
	struct iovec here = { to, size }, there = { (void *)from, size };
	return process_vm_readv(pid, &here, 1, &there, 1, 0) == (ssize_t)size;
}

static int put(pid_t pid, uint64_t to, const void *from, size_t size)
{
	struct iovec here = { (void *)from, size }, there = { (void *)to, size };
	return process_vm_writev(pid, &here, 1, &there, 1, 0) == (ssize_t)size;
}

/* As put, but nothing is wanted at 0. */
static int put_if(pid_t pid, uint64_t to, const void *from, size_t size)
{
	return to == 0 || put(pid, to, from, size);
}

/* -- Calls that ask for the time ---------------------------------------------------------------- */

/* One for memory that is not there is left to the kernel, to refuse. */
static void answer(pid_t pid, registers *regs)
{
	struct timespec now;
	long long result = 0;
	int done;
	clock_gettime(regs->orig_rax == SYS_clock_gettime ? (clockid_t)regs->rdi : CLOCK_REALTIME, &now);
	now.tv_sec += shift;
	if (regs->orig_rax == SYS_clock_gettime) {
		done = put(pid, regs->rsi, &now, sizeof now);
	} else if (regs->orig_rax == SYS_gettimeofday) {
		struct timeval time = { now.tv_sec, now.tv_nsec / 1000 };
		struct timezone utc = { 0, 0 };
		done = put_if(pid, regs->rdi, &time, sizeof time) && put_if(pid, regs->rsi, &utc, sizeof utc);
	} else {
		result = now.tv_sec;
		done = put_if(pid, regs->rdi, &now.tv_sec, sizeof now.tv_sec);
	}
	if (!done)
		return;
	/* The kernel does no call of this number, and leaves the result as we set it. */
	regs->orig_rax = -1;
	regs->rax = result;
	ptrace(PTRACE_SETREGS, pid, 0, regs);
}

/* -- Calls that wait until a time --------------------------------------------------------------- */

/* A call that waits, for which a register was changed: its callers count on finding it as it was. */
struct waiting {
	pid_t pid;
	size_t offset;
	uint64_t value;
};

static struct waiting *waiting;
static size_t waiting_count, waiting_room;

/* What a function may keep below its stack pointer (System V ABI for x86-64, 3.2.2). */
enum { RED_ZONE = 128 };

static uint64_t *at_offset(registers *regs, size_t offset)
{
	return (uint64_t *)((char *)regs + offset);
}

/* Has the call read another time, below the stack; whether it does. `offset` is that of the register. */
static int wait_shorter(pid_t pid, registers *regs, size_t offset)
{
	uint64_t *pointer = at_offset(regs, offset);
	uint64_t below = (regs->rsp - RED_ZONE - sizeof(struct timespec)) & ~15ULL;
	struct timespec until;
	if (*pointer == 0 || !get(pid, *pointer, &until, sizeof until) || until.tv_sec < 0)
		return 0;
	until.tv_sec = until.tv_sec > shift ? until.tv_sec - shift : 0;
	if (waiting_count == waiting_room) {
		size_t room = 2 * waiting_room + 16;
		struct waiting *more = realloc(waiting, room * sizeof *more);
		if (more == NULL)
			return 0;
		waiting = more;
		waiting_room = room;
	}
	if (!put(pid, below, &until, sizeof until))
		return 0;
	waiting[waiting_count] = (struct waiting){ pid, offset, *pointer };
	*pointer = below;
	if (ptrace(PTRACE_SETREGS, pid, 0, regs) != 0)
		return 0;
	waiting_count++;
	return 1;
}

/* Forgets that a process or thread waits; false when it does not. */
static int forget(pid_t pid, struct waiting *known)
{
	for (size_t i = 0; i < waiting_count; i++) {
		if (waiting[i].pid != pid)
			continue;
		*known = waiting[i];
		waiting[i] = waiting[--waiting_count];
		return 1;
	}
	return 0;
}

static void give_back(pid_t pid)
{
	struct waiting known;
	registers regs;
	if (!forget(pid, &known) || ptrace(PTRACE_GETREGS, pid, 0, &regs) != 0)
		return;
	*at_offset(&regs, known.offset) = known.value;
	ptrace(PTRACE_SETREGS, pid, 0, &regs);
}

/* -- The vDSO ----------------------------------------------------------------------------------- */

/* Entries of the auxiliary vector, see getauxval(3), and the code segment of programs of 64 bits. */
enum { END = 0, IGNORE = 1, VDSO = 33, CODE_64 = 0x33 };

enum { PAGE = 4096, WORD = 8 };

/* Reads the words of a stack one by one. */
struct reader {
	pid_t pid;
	uint64_t next;
	size_t index, count;
	uint64_t words[PAGE / WORD];
};

static int read_word(struct reader *stack, uint64_t *word)
{
	if (stack->index == stack->count) {
		/* Up to the end of the page: what follows may not be there. */
		size_t size = PAGE - stack->next % PAGE;
		if (!get(stack->pid, stack->next, stack->words, size))
			return 0;
		stack->index = 0;
		stack->count = size / WORD;
	}
	*word = stack->words[stack->index++];
	stack->next += WORD;
	return 1;
}

/* The stack of a new program: argc, argv, NULL, envp, NULL, and pairs of a type and a value. */
static int hide_vdso(pid_t pid)
{
	static struct reader stack;
	static const uint64_t ignore = IGNORE;
	registers regs;
	uint64_t word, type;
	if (ptrace(PTRACE_GETREGS, pid, 0, &regs) != 0)
		return 0;
	if (regs.cs != CODE_64)
		return 1;
	stack = (struct reader){ .pid = pid, .next = regs.rsp };
	if (!read_word(&stack, &word))
		return 0;
	for (uint64_t left = word + 1; left > 0; left--)
		if (!read_word(&stack, &word))
			return 0;
	do {
		if (!read_word(&stack, &word))
			return 0;
	} while (word != 0);
	do {
		if (!read_word(&stack, &type) || !read_word(&stack, &word))
			return 0;
		if (type == VDSO && !put(pid, stack.next - 2 * WORD, &ignore, sizeof ignore))
			return 0;
	} while (type != END);
	return 1;
}

/* -- The traced --------------------------------------------------------------------------------- */

/* How a process goes on that a filter stopped: ours, or one that it has set for itself. */
static int at_call(pid_t pid)
{
	registers regs;
	int waits = 0;
	if (ptrace(PTRACE_GETREGS, pid, 0, &regs) != 0)
		return PTRACE_CONT;
	switch (regs.orig_rax) {
	case SYS_clock_gettime:
	case SYS_gettimeofday:
	case SYS_time:
		answer(pid, &regs);
		break;
	case SYS_clock_nanosleep:
		waits = (regs.rsi & TIMER_ABSTIME) && wait_shorter(pid, &regs, offsetof(registers, rdx));
		break;
	case SYS_futex:
		waits = wait_shorter(pid, &regs, offsetof(registers, r10));
		break;
	}
	return waits ? PTRACE_SYSCALL : PTRACE_CONT;
}

/* Of a stop behind a system call, as PTRACE_O_TRACESYSGOOD tells it from a signal. */
enum { BEHIND_CALL = SIGTRAP | 0x80 };

static void go_on(pid_t pid, int status)
{
	int signal = WSTOPSIG(status), how = PTRACE_CONT, deliver = 0;
	switch (status >> 16) {
	case PTRACE_EVENT_SECCOMP:
		how = at_call(pid);
		break;
	case PTRACE_EVENT_EXEC:
		if (!hide_vdso(pid))
			fprintf(stderr, "clock-shift: cannot hide the vDSO from process %d\n", (int)pid);
		break;
	case PTRACE_EVENT_STOP:
		/* It is new, or stopped by a signal as it would be without us. */
		if (signal != SIGTRAP)
			how = PTRACE_LISTEN;
		break;
	case 0:
		if (signal == BEHIND_CALL)
			give_back(pid);
		else
			deliver = signal;
		break;
	}
	ptrace(how, pid, 0, deliver);
}

/* Ends with the exit status of the command, once nothing is left of all that it started. */
static int trace(void)
{
	int result = NOT_TRACED, status;
	for (;;) {
		struct waiting known;
		pid_t pid = waitpid(-1, &status, __WALL);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return result;
		if (WIFSTOPPED(status)) {
			go_on(pid, status);
			continue;
		}
		forget(pid, &known);
		if (pid == command)
			result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}

static void pass_on(int signal)
{
	kill(command, signal);
}

static int fail(int status, const char *what)
{
	fprintf(stderr, "clock-shift: %s: %s\n", what, strerror(errno));
	return status;
}

int main(int argc, char **argv)
{
	const long options = PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACESECCOMP |
		PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
	char *end = NULL, go;
	int gate[2];

	errno = 0;
	if (argc > 2)
		shift = strtoll(argv[1], &end, 10);
	if (argc < 3 || errno != 0 || end == argv[1] || *end != '\0') {
		fprintf(stderr, "usage: clock-shift SECONDS COMMAND [ARGUMENT...]\n");
		return MISUSE;
	}
	if (pipe(gate) != 0 || (command = fork()) < 0)
		return fail(NOT_TRACED, "cannot start a process");
	if (command == 0) {
		/* Not before it is traced: a call that nobody answers fails. */
		close(gate[1]);
		if (read(gate[0], &go, 1) != 1)
			_exit(NOT_TRACED);
		close(gate[0]);
		if (install_filter() != 0)
			_exit(fail(NOT_TRACED, "cannot set a seccomp filter"));
		execvp(argv[2], argv + 2);
		_exit(fail(errno == ENOENT ? NOT_FOUND : NOT_RUN, argv[2]));
	}
	close(gate[0]);
	if (ptrace(PTRACE_SEIZE, command, 0, options) != 0)
		return fail(NOT_TRACED, "cannot trace");
	/* A terminal sends these to the command, too. */
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGTERM, pass_on);
	signal(SIGHUP, pass_on);
	if (write(gate[1], "", 1) != 1)
		return fail(NOT_TRACED, "cannot start the command");
	close(gate[1]);
	return trace();
}

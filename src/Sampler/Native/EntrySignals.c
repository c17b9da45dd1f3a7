/*
 * What the parent said about signals, before the .NET runtime changes it.
 *
 * Linked into the published binary. A constructor runs before main, so before NativeAOT ignores SIGPIPE, takes over
 * SIGSEGV, SIGFPE and SIGRTMIN, and starts its threads. It also blocks the signals that libprof relays, so that every
 * thread of the runtime inherits that and a signalfd sees them all. C because no managed code runs this early.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t ignored;
static uint64_t blocked;

/* The kernel's own: the C library's sigaction says nothing about the two signals that it uses itself (32, 33). */
struct kernel_action {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)(void);
    uint64_t mask;
};

/* Keep in step with SignalSets.Relayed, which says why these and not others. */
static int is_relayed(int number)
{
    switch (number) {
    case SIGKILL: case SIGSTOP: case SIGSEGV: case SIGBUS: case SIGFPE: case SIGILL: case SIGTRAP: case SIGABRT: case SIGSYS:
    case SIGPIPE: case SIGXCPU: case SIGXFSZ:
        return 0;
    default:
        return number > 34 || number < 32;
    }
}

__attribute__((constructor)) static void libprof_capture_entry_signals(void)
{
    sigset_t now, wanted;
    sigprocmask(SIG_SETMASK, 0, &now);
    sigemptyset(&wanted);
    for (int number = 1; number <= 64; number++) {
        struct kernel_action action;
        uint64_t bit = (uint64_t)1 << (number - 1);
        if (syscall(SYS_rt_sigaction, number, 0, &action, sizeof action.mask) == 0 && action.handler == SIG_IGN)
            ignored |= bit;
        if (sigismember(&now, number) == 1)
            blocked |= bit;
        if (is_relayed(number))
            sigaddset(&wanted, number);
    }
    sigprocmask(SIG_SETMASK, &wanted, 0);
}

/* Bit N-1 stands for signal N. */
void libprof_entry_signals(uint64_t *ignored_at_entry, uint64_t *blocked_at_entry)
{
    *ignored_at_entry = ignored;
    *blocked_at_entry = blocked;
}

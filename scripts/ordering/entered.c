/* Which functions of a program are entered, in the order of their first entries: preloaded into it (LD_PRELOAD), by scripts/order-methods.
   Puts a breakpoint on the first byte of each function and takes it away when it is met, so that each costs one signal, once.
   LIBPROF_ENTRIES is a file of the functions' addresses, eight bytes each; LIBPROF_ENTERED one to which the addresses met are appended.
   Other programs that the environment reaches are left alone: LIBPROF_ORDERED names the one that is meant. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <ucontext.h>
#include <unistd.h>

static uint64_t *entries, low, high;
static uint8_t *first_bytes;
static size_t count;
static int entered = -1;

static void met(int number, siginfo_t *info, void *context)
{
    (void)number, (void)info;
    greg_t *next = &((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];
    uint64_t address = *next - 1;
    if (address < low || address > high)
        _exit(125);
    size_t from = 0, to = count;
    while (from + 1 < to) {
        size_t middle = (from + to) / 2;
        if (entries[middle] <= address)
            from = middle;
        else
            to = middle;
    }
    if (entries[from] != address)
        _exit(125);
    /* Another thread may have been here first; then this one only goes back. */
    if (__atomic_exchange_n((uint8_t *)address, first_bytes[from], __ATOMIC_SEQ_CST) == 0xCC && write(entered, &address, sizeof address) < 0)
        _exit(125);
    *next = address;
}

/* The program may block all signals in a thread; a breakpoint's must come through. */
int pthread_sigmask(int how, const sigset_t *set, sigset_t *before)
{
    static int (*next)(int, const sigset_t *, sigset_t *);
    if (!next)
        next = (int (*)(int, const sigset_t *, sigset_t *))dlsym(RTLD_NEXT, "pthread_sigmask");
    sigset_t most;
    if (set && how != SIG_UNBLOCK) {
        most = *set;
        sigdelset(&most, SIGTRAP);
        set = &most;
    }
    return next(how, set, before);
}

__attribute__((constructor)) static void start(void)
{
    char path[4096];
    const char *meant = getenv("LIBPROF_ORDERED"), *in = getenv("LIBPROF_ENTRIES"), *out = getenv("LIBPROF_ENTERED");
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length < 0 || !meant || !in || !out)
        return;
    path[length] = 0;
    if (strcmp(path, meant))
        return;
    struct stat size;
    int file = open(in, O_RDONLY | O_CLOEXEC);
    entered = open(out, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0 || entered < 0 || fstat(file, &size) || size.st_size < 8)
        _exit(125);
    count = size.st_size / sizeof *entries;
    entries = mmap(NULL, size.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    first_bytes = malloc(count);
    if (entries == MAP_FAILED || !first_bytes)
        _exit(125);
    low = entries[0];
    high = entries[count - 1];
    uint64_t page = low & ~4095ull;
    if (mprotect((void *)page, high + 1 - page, PROT_READ | PROT_WRITE | PROT_EXEC))
        _exit(125);
    struct sigaction action = {.sa_sigaction = met, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigfillset(&action.sa_mask);
    if (sigaction(SIGTRAP, &action, NULL))
        _exit(125);
    for (size_t i = 0; i < count; i++) {
        first_bytes[i] = *(uint8_t *)entries[i];
        *(uint8_t *)entries[i] = 0xCC;
    }
}

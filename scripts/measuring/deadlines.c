/* Sleeps until each deadline: how many of them a timer of this machine meets, and what a wake-up costs.
   deadlines HZ SECONDS [realtime] [PID ADDRESS] prints the deadlines met, those missed by a whole interval or more, and microseconds of
   processor time per wake-up. With "realtime" it runs before all others (SCHED_FIFO); with PID and ADDRESS each wake-up reads what a look
   at a short stack reads: 10 KiB in four ranges, by one call. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <time.h>

enum { RANGES = 4, BYTES = 2560 };
static char bytes[RANGES * BYTES];

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int look(pid_t pid, char *address)
{
    struct iovec to = {bytes, sizeof bytes}, from[RANGES];
    for (int i = 0; i < RANGES; i++)
        from[i] = (struct iovec){address + i * BYTES, BYTES};
    return process_vm_readv(pid, &to, 1, from, RANGES, 0) == sizeof bytes;
}

int main(int count, char **words)
{
    int realtime = count > 3 && !strcmp(words[3], "realtime");
    int reads = count == 5 + realtime;
    if ((!reads && count != 3 + realtime) || atof(words[1]) <= 0)
        return 2;
    pid_t pid = reads ? atoi(words[3 + realtime]) : 0;
    char *address = reads ? (char *)strtoull(words[4 + realtime], NULL, 16) : NULL;
    if (realtime && sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 10}))
        return 3;
    if (reads && !look(pid, address))
        return 4;
    long long step = 1e9 / atof(words[1]), next = now(), end = next + atoi(words[2]) * 1000000000LL;
    long met = 0, missed = 0;
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    while ((next += step) < end) {
        struct timespec until = {next / 1000000000, next % 1000000000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
        if (reads)
            look(pid, address);
        met++;
        for (long long late = now(); next + step <= late; next += step)
            missed++;
    }
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    double cpu = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e6 + used.ru_utime.tv_usec + used.ru_stime.tv_usec;
    printf("%ld %ld %.2f\n", met, missed, cpu / (met ? met : 1));
    return 0;
}

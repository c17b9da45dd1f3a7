/* Sleeps until each deadline and does nothing else: how many of them a timer of this machine meets, and what a wake-up costs.
   deadlines HZ SECONDS prints the deadlines met, those missed by a whole interval or more, and microseconds of processor time per wake-up. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

static long long now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(int count, char **words)
{
    if (count != 3 || atof(words[1]) <= 0)
        return 2;
    long long step = 1e9 / atof(words[1]), next = now(), end = next + atoi(words[2]) * 1000000000LL;
    long met = 0, missed = 0;
    prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
    while ((next += step) < end) {
        struct timespec until = {next / 1000000000, next % 1000000000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
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

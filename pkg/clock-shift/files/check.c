/*
 * check NOW SHIFT: whether the time of day is the sum of these (seconds since 1970, and seconds), within
 * a minute, whichever call tells it; and whether waits until a time of day end when they should.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void demand(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "check: not so: %s\n", what);
	exit(1);
}

static double seconds(clockid_t clock)
{
	struct timespec now;
	demand(clock_gettime(clock, &now) == 0, "a clock is read");
	return now.tv_sec + now.tv_nsec / 1e9;
}

static struct timespec soon(void)
{
	struct timespec time;
	clock_gettime(CLOCK_REALTIME, &time);
	time.tv_nsec += 200000000;
	if (time.tv_nsec >= 1000000000) {
		time.tv_sec++;
		time.tv_nsec -= 1000000000;
	}
	return time;
}

/* Scheduling may take its time, but not minutes. */
static int was_soon(double since)
{
	double waited = seconds(CLOCK_MONOTONIC) - since;
	return waited > 0.1 && waited < 60;
}

static void *wait_in_thread(void *unused)
{
	pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
	pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
	double began = seconds(CLOCK_MONOTONIC);
	struct timespec until = soon(), same = until;
	pthread_mutex_lock(&mutex);
	demand(pthread_cond_timedwait(&condition, &mutex, &until) == ETIMEDOUT, "a condition times out");
	demand(was_soon(began), "a condition times out in time");
	demand(until.tv_sec == same.tv_sec && until.tv_nsec == same.tv_nsec, "its deadline stays");
	return unused;
}

int main(int argc, char **argv)
{
	double want = argc > 2 ? atof(argv[1]) + atof(argv[2]) : 0;
	struct timeval time_of_day;
	time_t now;
	pthread_t thread;
	int status;

	demand(gettimeofday(&time_of_day, NULL) == 0 && time(&now) == now, "the time is told");
	demand(now >= want && now < want + 60, "time is shifted");
	demand(time_of_day.tv_sec >= now && time_of_day.tv_sec < now + 60, "gettimeofday is shifted");
	demand(seconds(CLOCK_REALTIME) - now < 60, "CLOCK_REALTIME is shifted");
	demand(seconds(CLOCK_REALTIME_COARSE) >= now - 1, "CLOCK_REALTIME_COARSE is shifted");
	demand(seconds(CLOCK_TAI) >= now, "CLOCK_TAI is shifted");
	demand(seconds(CLOCK_MONOTONIC) < 1e9, "CLOCK_MONOTONIC is not shifted");

	double began = seconds(CLOCK_MONOTONIC);
	struct timespec until = soon();
	demand(clock_nanosleep(CLOCK_REALTIME, TIMER_ABSTIME, &until, NULL) == 0, "a sleep ends");
	demand(was_soon(began), "a sleep until a time ends in time");

	demand(pthread_create(&thread, NULL, wait_in_thread, NULL) == 0, "a thread starts");
	pthread_join(thread, NULL);

	if (fork() == 0)
		_exit(time(NULL) >= want ? 0 : 1);
	demand(wait(&status) > 0 && status == 0, "a child's time is shifted");
	return 0;
}

/*
 * A wrong wall clock for one process: loaded before libc (LD_PRELOAD), it moves what the system calls the time of day by as many
 * milliseconds as stand, as a number of 8 bytes, at the start of the file that DFS_WRONG_CLOCK names. The file is mapped, so a
 * test moves the clock of a running process by writing to it (wrong-clock.ts). Monotonic clocks are left alone, as when an
 * administrator or NTP sets the time. The second number in the file counts how often a moved time has been read.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static _Atomic int64_t *control;

__attribute__((constructor)) static void open_control(void) {
  const char *path = getenv("DFS_WRONG_CLOCK");
  if (path == NULL) return;
  int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) abort();
  void *mapped = mmap(NULL, 2 * sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (mapped == MAP_FAILED) abort();
  close(file);
  control = mapped;
}

static int64_t offset_ms(void) {
  if (control == NULL) return 0;
  int64_t offset = atomic_load(&control[0]);
  if (offset != 0) atomic_fetch_add(&control[1], 1);
  return offset;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  int result = (int)syscall(SYS_clock_gettime, clock, now);
  if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) {
    int64_t offset = offset_ms();
    int64_t nanoseconds = now->tv_nsec + offset % 1000 * 1000000;
    now->tv_sec += offset / 1000 + (nanoseconds < 0 ? -1 : nanoseconds / 1000000000);
    now->tv_nsec = nanoseconds < 0 ? nanoseconds + 1000000000 : nanoseconds % 1000000000;
  }
  return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  (void)zone;
  struct timespec precise;
  if (clock_gettime(CLOCK_REALTIME, &precise) != 0) return -1;
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return 0;
}

time_t time(time_t *now) {
  struct timespec precise;
  if (clock_gettime(CLOCK_REALTIME, &precise) != 0) return -1;
  if (now != NULL) *now = precise.tv_sec;
  return precise.tv_sec;
}

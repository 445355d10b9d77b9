/*
 * A bad disk for one process: loaded before libc (LD_PRELOAD), it makes reads, writes and syncs of files under a folder fail or
 * wait. What is to happen is in the file that DFS_BAD_DISK names, read at each call, so that a test can change it while the
 * process runs (bad-disk.ts writes it, by rename). One line for each rule:
 *
 *   <read|write|sync> <errno, 0 for none> <milliseconds to wait first> <how many calls fail, -1 for all> <folder>
 *
 * Each call that met a rule goes to the file of the same name with `.log` behind it: `<kind> <errno> <path>`.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { MAX_RULES = 8, MAX_FILE_BYTES = 8192 };

/* Failures so far of each line of the file as it is now: another inode, and they begin again. */
static atomic_int failures[MAX_RULES];
static _Atomic ino_t counted_inode;

static int under(const char *path, const char *folder) {
  return strncmp(path, folder, strlen(folder)) == 0;
}

static void note(const char *control, const char *kind, int error, const char *path) {
  char name[PATH_MAX], line[PATH_MAX + 64];
  snprintf(name, sizeof name, "%s.log", control);
  int length = snprintf(line, sizeof line, "%s %d %s\n", kind, error, path);
  int log = (int)syscall(SYS_openat, AT_FDCWD, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (log < 0) return;
  if (syscall(SYS_write, log, line, (size_t)length) < 0) abort();
  syscall(SYS_close, log);
}

/* The rules as they are now; returns their length, 0 without any. */
static size_t read_rules(const char *control, char *text) {
  int file = (int)syscall(SYS_openat, AT_FDCWD, control, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  struct stat now;
  if (fstat(file, &now) == 0 && atomic_exchange(&counted_inode, now.st_ino) != now.st_ino) {
    for (int rule = 0; rule < MAX_RULES; rule += 1) atomic_store(&failures[rule], 0);
  }
  ssize_t length = syscall(SYS_read, file, text, MAX_FILE_BYTES - 1);
  syscall(SYS_close, file);
  return length > 0 ? (size_t)length : 0;
}

/* 0, or the errno with which the call is to fail; waits when it is to be slow. */
static int meet(const char *kind, int descriptor) {
  const char *control = getenv("DFS_BAD_DISK");
  if (control == NULL || descriptor <= 2) return 0;
  char rules[MAX_FILE_BYTES], link[64], path[PATH_MAX];
  size_t length = read_rules(control, rules);
  if (length == 0) return 0;
  rules[length] = '\0';
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t path_length = readlink(link, path, sizeof path - 1);
  if (path_length <= 0) return 0;
  path[path_length] = '\0';
  char *rest = NULL;
  int rule = 0;
  for (char *line = strtok_r(rules, "\n", &rest); line != NULL && rule < MAX_RULES; rule += 1) {
    char rule_kind[16], folder[PATH_MAX];
    int error = 0, wait_ms = 0, count = 0;
    int fields = sscanf(line, "%15s %d %d %d %4095[^\n]", rule_kind, &error, &wait_ms, &count, folder);
    line = strtok_r(NULL, "\n", &rest);
    if (fields != 5 || strcmp(rule_kind, kind) != 0 || !under(path, folder)) continue;
    struct timespec wait = {wait_ms / 1000, (long)(wait_ms % 1000) * 1000000L};
    if (wait_ms > 0) nanosleep(&wait, NULL);
    int is_over = count >= 0 && atomic_fetch_add(&failures[rule], 1) >= count;
    note(control, kind, is_over ? 0 : error, path);
    return is_over ? 0 : error;
  }
  return 0;
}

#define REAL(name) __typeof__(name) *real = (__typeof__(name) *)dlsym(RTLD_NEXT, #name)
#define FAIL_OR(kind, descriptor, call)      \
  int error = meet(kind, descriptor);        \
  if (error != 0) {                          \
    errno = error;                           \
    return -1;                               \
  }                                          \
  return call

ssize_t pread64(int descriptor, void *bytes, size_t length, off64_t offset) {
  REAL(pread64);
  FAIL_OR("read", descriptor, real(descriptor, bytes, length, offset));
}

ssize_t preadv64(int descriptor, const struct iovec *pieces, int count, off64_t offset) {
  REAL(preadv64);
  FAIL_OR("read", descriptor, real(descriptor, pieces, count, offset));
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t length, off64_t offset) {
  REAL(pwrite64);
  FAIL_OR("write", descriptor, real(descriptor, bytes, length, offset));
}

ssize_t pwritev64(int descriptor, const struct iovec *pieces, int count, off64_t offset) {
  REAL(pwritev64);
  FAIL_OR("write", descriptor, real(descriptor, pieces, count, offset));
}

int fsync(int descriptor) {
  REAL(fsync);
  FAIL_OR("sync", descriptor, real(descriptor));
}

int fdatasync(int descriptor) {
  REAL(fdatasync);
  FAIL_OR("sync", descriptor, real(descriptor));
}

/*
 * Cuts one write of a process short, as a disk that runs full or a signal does: half of its bytes reach the file, and the
 * caller is told so. With SHORT_THEN set, every later write to a file fails with that errno.
 * LD_PRELOADed by test/record-faults-harness.ts; counts writes to regular files only.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_int seen;
static int telling;

static int number(const char *name) {
  const char *text = getenv(name);
  return text == NULL ? 0 : atoi(text);
}

/* How many bytes may be written: all, half, or -1 for none. */
static ssize_t allowed(int fd, size_t count) {
  struct stat about;
  if (telling || fd <= 2 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) return (ssize_t)count;
  int nth = number("SHORT_NTH");
  int now = atomic_fetch_add(&seen, 1) + 1;
  if (now == nth) return (ssize_t)(count / 2 > 0 ? count / 2 : count);
  int then = number("SHORT_THEN");
  if (now > nth && then != 0) {
    errno = then;
    return -1;
  }
  return (ssize_t)count;
}

ssize_t write(int fd, const void *bytes, size_t count) {
  static ssize_t (*real)(int, const void *, size_t);
  if (real == NULL) real = dlsym(RTLD_NEXT, "write");
  ssize_t some = allowed(fd, count);
  return some < 0 ? some : real(fd, bytes, (size_t)some);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at) {
  static ssize_t (*real)(int, const void *, size_t, off64_t);
  if (real == NULL) real = dlsym(RTLD_NEXT, "pwrite64");
  ssize_t some = allowed(fd, count);
  return some < 0 ? some : real(fd, bytes, (size_t)some, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at) {
  return pwrite64(fd, bytes, count, at);
}

/* How many writes to files there were, for whoever counts them first. */
__attribute__((destructor)) static void tell(void) {
  const char *path = getenv("SHORT_COUNT");
  if (path == NULL) return;
  char text[16];
  int length = 0, left = atomic_load(&seen);
  do text[sizeof text - ++length] = (char)('0' + left % 10);
  while ((left /= 10) > 0);
  telling = 1;
  int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
  if (fd >= 0) {
    ssize_t done = write(fd, text + sizeof text - length, (size_t)length);
    (void)done;
    close(fd);
  }
}

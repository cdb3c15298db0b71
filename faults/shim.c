/* Preloaded into the program under test: moves its wall clock, slows its disk and lets it fail, as a mapped file says. */
#include "shim.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static struct control none;
struct control *control = &none;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("TELLTALE_FAULTS_SHIM");
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *at = mmap(NULL, sizeof(struct control), PROT_READ, MAP_SHARED, fd, 0);
  if (at != MAP_FAILED) control = at;
  close(fd);
}

/* Of each thread its own, from where its stack is and the time: what fails differs from run to run. */
int chance(int32_t ppm) {
  static __thread uint64_t state;
  if (ppm <= 0) return 0;
  if (!state) {
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    state = ((uint64_t)(uintptr_t)&now << 20) ^ (uint64_t)now.tv_nsec ^ 0x9e3779b97f4a7c15ull;
  }
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (int32_t)((state >> 11) % 1000000) < ppm;
}

int ours(int fd) {
  struct stat about;
  return fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && (int64_t)about.st_dev == control->device;
}

void wait_us(int32_t us) {
  if (us > 0) {
    struct timespec span = {us / 1000000, us % 1000000 * 1000L};
    nanosleep(&span, NULL);
  }
}

/* Whether it is a file whose name ends so, and another file is there that says so. */
static int blind(int fd) {
  static const char *end, *flag;
  if (!end && !(end = getenv("TELLTALE_FAULTS_BLIND"))) end = "";
  if (!*end || (!flag && !(flag = getenv("TELLTALE_FAULTS_BLIND_WHILE"))) || access(flag, F_OK) != 0) return 0;
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t size = readlink(link, path, sizeof path);
  ssize_t length = (ssize_t)strlen(end);
  return size >= length && memcmp(path + size - length, end, length) == 0;
}

static void wait_write(int fd) {
  struct stat about;
  if (control->write_us > 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode)) wait_us(control->write_us);
}

int clock_gettime(clockid_t id, struct timespec *at) {
  REAL(clock_gettime);
  int result = real(id, at);
  if (result == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) at->tv_sec += control->clock_ms / 1000;
  return result;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
  REAL(gettimeofday);
  int result = real(at, zone);
  if (result == 0) at->tv_sec += control->clock_ms / 1000;
  return result;
}

time_t time(time_t *at) {
  REAL(time);
  time_t now = real(NULL) + control->clock_ms / 1000;
  if (at) *at = now;
  return now;
}

#define FLAT(name, params, short_args, args) \
  ssize_t name params { \
    REAL(name); \
    wait_write(fd); \
    if (chance(control->fail_ppm) && ours(fd)) { \
      if (size < 2 || chance(500000)) FAIL(-1); \
      return real short_args; \
    } \
    return real args; \
  }
#define PARTS(name, params, short_args, args) \
  ssize_t name params { \
    REAL(name); \
    wait_write(fd); \
    if (chance(control->fail_ppm) && ours(fd)) { \
      if (count < 1 || parts[0].iov_len < 2 || chance(500000)) FAIL(-1); \
      struct iovec first = {parts[0].iov_base, parts[0].iov_len / 2}; \
      return real short_args; \
    } \
    return real args; \
  }
#define READ(name, params, args) \
  ssize_t name params { \
    REAL(name); \
    if ((chance(control->read_ppm) && ours(fd)) || blind(fd)) FAIL(-1); \
    return real args; \
  }

FLAT(write, (int fd, const void *bytes, size_t size), (fd, bytes, size / 2), (fd, bytes, size))
FLAT(pwrite, (int fd, const void *bytes, size_t size, off_t at), (fd, bytes, size / 2, at), (fd, bytes, size, at))
FLAT(pwrite64, (int fd, const void *bytes, size_t size, off64_t at), (fd, bytes, size / 2, at), (fd, bytes, size, at))
PARTS(writev, (int fd, const struct iovec *parts, int count), (fd, &first, 1), (fd, parts, count))
PARTS(pwritev, (int fd, const struct iovec *parts, int count, off_t at), (fd, &first, 1, at), (fd, parts, count, at))
PARTS(pwritev64, (int fd, const struct iovec *parts, int count, off64_t at), (fd, &first, 1, at), (fd, parts, count, at))
READ(read, (int fd, void *bytes, size_t size), (fd, bytes, size))
READ(pread, (int fd, void *bytes, size_t size, off_t at), (fd, bytes, size, at))
READ(pread64, (int fd, void *bytes, size_t size, off64_t at), (fd, bytes, size, at))

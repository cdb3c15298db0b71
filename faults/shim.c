/* Preloaded into the program under test: moves its wall clock and slows its disk, as a mapped file says. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct control {
  volatile int64_t clock_ms; /* added to the wall clock */
  volatile int32_t write_us; /* before each write to a file */
  volatile int32_t sync_us;  /* before each sync */
  volatile int32_t name_us;  /* before each rename and unlink */
  volatile int32_t unused;
};

static struct control none, *control = &none;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("TELLTALE_FAULTS_SHIM");
  int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *at = mmap(NULL, sizeof(struct control), PROT_READ, MAP_SHARED, fd, 0);
  if (at != MAP_FAILED) control = at;
  close(fd);
}

#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

static void wait_us(int32_t us) {
  if (us > 0) {
    struct timespec span = {us / 1000000, us % 1000000 * 1000L};
    nanosleep(&span, NULL);
  }
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

#define WRITE(type, name, params, args) \
  type name params { \
    REAL(name); \
    wait_write(fd); \
    return real args; \
  }
#define WAIT(us, name, params, args) \
  int name params { \
    REAL(name); \
    wait_us(control->us); \
    return real args; \
  }

WRITE(ssize_t, write, (int fd, const void *bytes, size_t size), (fd, bytes, size))
WRITE(ssize_t, writev, (int fd, const struct iovec *parts, int count), (fd, parts, count))
WRITE(ssize_t, pwrite, (int fd, const void *bytes, size_t size, off_t at), (fd, bytes, size, at))
WRITE(ssize_t, pwrite64, (int fd, const void *bytes, size_t size, off64_t at), (fd, bytes, size, at))
WRITE(ssize_t, pwritev, (int fd, const struct iovec *parts, int count, off_t at), (fd, parts, count, at))
WRITE(ssize_t, pwritev64, (int fd, const struct iovec *parts, int count, off64_t at), (fd, parts, count, at))
WAIT(sync_us, fsync, (int fd), (fd))
WAIT(sync_us, fdatasync, (int fd), (fd))
WAIT(name_us, rename, (const char *from, const char *to), (from, to))
WAIT(name_us, renameat, (int a, const char *from, int b, const char *to), (a, from, b, to))
WAIT(name_us, unlink, (const char *path), (path))

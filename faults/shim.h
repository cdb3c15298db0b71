/* What the two halves of the preloaded library share: shim.c, which has the clock, reads and writes, and names.c. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdint.h>

struct control {
  volatile int64_t clock_ms; /* added to the wall clock */
  volatile int32_t write_us; /* before each write to a file */
  volatile int32_t sync_us;  /* before each sync */
  volatile int32_t name_us;  /* before each rename and unlink */
  volatile int32_t fail_ppm; /* how often a write, sync, rename or unlink fails with EIO, or a write is cut short */
  volatile int32_t read_ppm; /* how often a read fails with EIO */
  volatile int32_t unused;
  volatile int64_t device;   /* on which alone they fail, and of which alone is noted what happens to names */
};

#define HIDDEN __attribute__((visibility("hidden")))
HIDDEN extern struct control *control;
HIDDEN int chance(int32_t ppm);
HIDDEN int ours(int fd);
HIDDEN void wait_us(int32_t us);

#define REAL(name) \
  static __typeof__(&name) real; \
  if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define FAIL(result) return (errno = EIO, result)

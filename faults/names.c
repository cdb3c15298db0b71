/* The other half of the preloaded library: what the program makes, renames, removes, cuts and syncs on the data's disk
   is noted in a file, a line each, in order and only where it succeeded, so that a power cut can take it back:

     + folder name inode                            a file, a link, a symbolic link was made
     d folder name inode                            a folder was made
     - folder name inode                            a name was removed; its file has a link in graves/folder/inode
     x folder name inode                            a folder was removed; its graves are now in graves/parent/folder
     r folder name folder name inode replaced       a rename; what it replaced (else 0) has a link in the later folder's graves
     t inode size                                   a file was cut
     s inode size before                            a file or folder was synced: of what is noted, what is before that byte

   A folder is known by its inode: it may be renamed itself. Graves go once their folder is synced. */
#include "shim.h"
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static int notes = -1;
static const char *graves;
/* One name at a time, so that notes are in the order of what they note. Two processes never change the same folder at once. */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
  const char *path = getenv("TELLTALE_FAULTS_NOTES");
  if (path) notes = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
  graves = getenv("TELLTALE_FAULTS_GRAVES");
}

__attribute__((format(printf, 1, 2))) static void note(const char *format, ...) {
  char line[1024];
  va_list args;
  va_start(args, format);
  int size = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  if (size > 0 && size < (int)sizeof line) syscall(SYS_write, notes, line, (size_t)size);
}

struct place {
  int64_t folder;
  char name[256];
};

/* Where a path is; 0 where it is none of ours. */
static int find(int at, const char *path, struct place *place) {
  char parent[4096];
  struct stat about;
  size_t length = notes < 0 || !path ? 0 : strlen(path);
  if (length == 0 || length >= sizeof parent) return 0;
  memcpy(parent, path, length + 1);
  while (length > 1 && parent[length - 1] == '/') parent[--length] = 0;
  char *slash = strrchr(parent, '/');
  const char *name = slash ? slash + 1 : parent;
  if (strlen(name) >= sizeof place->name) return 0;
  strcpy(place->name, name);
  if (slash) slash[slash == parent ? 1 : 0] = 0;
  if (fstatat(at, slash ? parent : ".", &about, 0) != 0 || (int64_t)about.st_dev != control->device) return 0;
  place->folder = (int64_t)about.st_ino;
  return 1;
}

/* The inode of what is there; 0 where nothing is. */
static int64_t inode(int at, const char *path, mode_t *kind) {
  struct stat about;
  if (fstatat(at, path, &about, AT_SYMLINK_NOFOLLOW) != 0) return 0;
  *kind = about.st_mode & S_IFMT;
  return (int64_t)about.st_ino;
}

static void bury(int at, const char *path, int64_t folder, int64_t file) {
  char grave[4096];
  if (!graves) return;
  snprintf(grave, sizeof grave, "%s/%ld", graves, (long)folder);
  syscall(SYS_mkdirat, AT_FDCWD, grave, 0700);
  snprintf(grave, sizeof grave, "%s/%ld/%ld", graves, (long)folder, (long)file);
  syscall(SYS_linkat, at, path, AT_FDCWD, grave, 0);
}

/* Past our own syscall, whose turn it may be. */
static long rename_now(int a, const char *from, int b, const char *to, unsigned flags) {
  REAL(syscall);
  return real(SYS_renameat2, a, from, b, to, flags);
}

/* The graves of a folder that is removed go with those of the folder it was in. */
static void move_graves(int64_t folder, int64_t into) {
  char from[4096], to[4096];
  if (!graves) return;
  snprintf(from, sizeof from, "%s/%ld", graves, (long)folder);
  if (access(from, F_OK) != 0) return;
  snprintf(to, sizeof to, "%s/%ld", graves, (long)into);
  syscall(SYS_mkdirat, AT_FDCWD, to, 0700);
  snprintf(to, sizeof to, "%s/%ld/%ld", graves, (long)into, (long)folder);
  rename_now(AT_FDCWD, from, AT_FDCWD, to, 0);
}

static void remove_all(const char *path) {
  DIR *all = opendir(path);
  if (!all) return;
  for (struct dirent *one; (one = readdir(all));) {
    char below[4096];
    if (one->d_name[0] == '.') continue;
    if (snprintf(below, sizeof below, "%s/%s", path, one->d_name) >= (int)sizeof below) continue;
    if (syscall(SYS_unlinkat, AT_FDCWD, below, 0) != 0) remove_all(below);
  }
  closedir(all);
  syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
}

/* Its argument is worked out while it is our turn. */
#define TURN(result_of) \
  pthread_mutex_lock(&turn); \
  long result = result_of; \
  int error = errno; \
  pthread_mutex_unlock(&turn); \
  errno = error; \
  return (int)result

static long made(char kind, int at, const char *path, long result) {
  int error = errno;
  struct place place;
  mode_t type;
  if (result == 0 && find(at, path, &place))
    note("%c\t%ld\t%s\t%ld\n", kind, (long)place.folder, place.name, (long)inode(at, path, &type));
  errno = error;
  return result;
}

static long take(int at, const char *path, int flags) {
  struct place place;
  mode_t type = 0;
  int64_t file = find(at, path, &place) ? inode(at, path, &type) : 0;
  if (file && type == S_IFREG && !(flags & AT_REMOVEDIR)) bury(at, path, place.folder, file);
  long result = syscall(SYS_unlinkat, at, path, flags);
  int error = errno;
  if (result == 0 && file) {
    note("%c\t%ld\t%s\t%ld\n", type == S_IFDIR ? 'x' : '-', (long)place.folder, place.name, (long)file);
    if (type == S_IFDIR) move_graves(file, place.folder);
  }
  errno = error;
  return result;
}

static long move(int a, const char *from, int b, const char *to, unsigned flags) {
  struct place old, new;
  mode_t type = 0, replaced_type = 0;
  int64_t file = !(flags & RENAME_EXCHANGE) && find(a, from, &old) && find(b, to, &new) ? inode(a, from, &type) : 0;
  int64_t replaced = file ? inode(b, to, &replaced_type) : 0;
  if (replaced && replaced_type == S_IFREG && replaced != file) bury(b, to, new.folder, replaced);
  long result = rename_now(a, from, b, to, flags);
  int error = errno;
  if (result == 0 && file && file != replaced)
    note("r\t%ld\t%s\t%ld\t%s\t%ld\t%ld\n", (long)old.folder, old.name, (long)new.folder, new.name, (long)file,
         (long)replaced);
  errno = error;
  return result;
}

static long opens(int at, const char *path, int flags, mode_t mode) {
  REAL(openat);
  struct place place;
  mode_t type;
  int known = (flags & O_TMPFILE) != O_TMPFILE && find(at, path, &place);
  int64_t before = known ? inode(at, path, &type) : 0;
  int fd = real(at, path, flags, mode);
  int error = errno;
  if (fd >= 0 && known && !before)
    note("+\t%ld\t%s\t%ld\n", (long)place.folder, place.name, (long)inode(at, path, &type));
  else if (fd >= 0 && known && (flags & O_TRUNC)) note("t\t%ld\t0\n", (long)before);
  errno = error;
  return fd;
}

static long syncs(int fd, int (*real)(int)) {
  struct stat about, noted;
  int known = notes >= 0 && fstat(fd, &about) == 0 && (int64_t)about.st_dev == control->device && fstat(notes, &noted) == 0;
  long result = real(fd);
  int error = errno;
  if (result == 0 && known) {
    note("s\t%ld\t%ld\t%ld\n", (long)about.st_ino, (long)about.st_size, (long)noted.st_size);
    if (graves && S_ISDIR(about.st_mode)) {
      char path[4096];
      snprintf(path, sizeof path, "%s/%ld", graves, (long)about.st_ino);
      remove_all(path);
    }
  }
  errno = error;
  return result;
}

static void cut(int fd, int64_t size) {
  int error = errno;
  struct stat about;
  if (notes >= 0 && fstat(fd, &about) == 0 && (int64_t)about.st_dev == control->device)
    note("t\t%ld\t%ld\n", (long)about.st_ino, (long)size);
  errno = error;
}

static int fails(const char *path) {
  struct stat about;
  wait_us(control->name_us);
  return chance(control->fail_ppm) && lstat(path, &about) == 0 && (int64_t)about.st_dev == control->device;
}

#define OPEN(name, params, last, at, path) \
  int name params { \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { \
      va_list args; \
      va_start(args, last); \
      mode = va_arg(args, mode_t); \
      va_end(args); \
    } \
    if (!(flags & (O_CREAT | O_TRUNC))) { \
      REAL(openat); \
      return real(at, path, flags, mode); \
    } \
    TURN(opens(at, path, flags, mode)); \
  }
#define SYNC(name) \
  int name(int fd) { \
    REAL(name); \
    wait_us(control->sync_us); \
    if (chance(control->fail_ppm) && ours(fd)) FAIL(-1); \
    struct stat about; \
    if (fstat(fd, &about) != 0 || !S_ISDIR(about.st_mode)) return (int)syncs(fd, real); \
    TURN(syncs(fd, real)); \
  }
#define CUT(name, size_type) \
  int name(int fd, size_type size) { \
    REAL(name); \
    int result = real(fd, size); \
    if (result == 0) cut(fd, (int64_t)size); \
    return result; \
  }

OPEN(open, (const char *path, int flags, ...), flags, AT_FDCWD, path)
OPEN(open64, (const char *path, int flags, ...), flags, AT_FDCWD, path)
OPEN(openat, (int at, const char *path, int flags, ...), flags, at, path)
OPEN(openat64, (int at, const char *path, int flags, ...), flags, at, path)
SYNC(fsync)
SYNC(fdatasync)
CUT(ftruncate, off_t)
CUT(ftruncate64, off64_t)

int creat(const char *path, mode_t mode) { TURN(opens(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode)); }
int mkdirat(int at, const char *path, mode_t mode) { TURN(made('d', at, path, syscall(SYS_mkdirat, at, path, mode))); }
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }
int symlinkat(const char *to, int at, const char *path) { TURN(made('+', at, path, syscall(SYS_symlinkat, to, at, path))); }
int symlink(const char *to, const char *path) { return symlinkat(to, AT_FDCWD, path); }
int linkat(int a, const char *of, int b, const char *path, int flags) {
  TURN(made('+', b, path, syscall(SYS_linkat, a, of, b, path, flags)));
}
int link(const char *of, const char *path) { return linkat(AT_FDCWD, of, AT_FDCWD, path, 0); }

int rename(const char *from, const char *to) {
  if (fails(from)) FAIL(-1);
  TURN(move(AT_FDCWD, from, AT_FDCWD, to, 0));
}
int renameat(int a, const char *from, int b, const char *to) {
  if (fails(from)) FAIL(-1);
  TURN(move(a, from, b, to, 0));
}
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) { TURN(move(a, from, b, to, flags)); }

int unlink(const char *path) {
  if (fails(path)) FAIL(-1);
  TURN(take(AT_FDCWD, path, 0));
}
int unlinkat(int at, const char *path, int flags) { TURN(take(at, path, flags)); }
int rmdir(const char *path) { TURN(take(AT_FDCWD, path, AT_REMOVEDIR)); }
int remove(const char *path) {
  mode_t type = 0;
  inode(AT_FDCWD, path, &type);
  return type == S_IFDIR ? rmdir(path) : unlink(path);
}

/* The engine has no other way to rename where nothing may be replaced. */
long syscall(long number, ...) {
  REAL(syscall);
  long a[6];
  va_list args;
  va_start(args, number);
  for (int i = 0; i < 6; i++) a[i] = va_arg(args, long);
  va_end(args);
  if (number != SYS_renameat2) return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
  TURN(move((int)a[0], (const char *)a[1], (int)a[2], (const char *)a[3], (unsigned)a[4]));
}

/*
 * Preload library for tests: writes down, in order, every change that a process makes to files below one directory,
 * and what it sends on sockets meanwhile; and makes one kind of call fail when it is told to.
 *
 *   QSDM_POWERLOSS_ROOT   directory that is watched, absolute and without links
 *   QSDM_POWERLOSS_TRACE  file that records are appended to (test/powerloss/trace.ts has the form); none: no trace
 *   QSDM_POWERLOSS_FAULT  call:errno:suffix, as in fsync:5:chain.db-wal; call is fsync, write or any
 *   QSDM_POWERLOSS_ARM    file whose making arms the fault; it strikes one matching call, and removes the file
 *   QSDM_POWERLOSS_LASTS  where it is set, the fault strikes every matching call from then on
 *
 * A call and its record are one step under a lock, so the order of records is an order in which the changes were made.
 * What cannot be followed (a shared writable mapping, a copy within the kernel) is recorded as such, and the reader
 * refuses the trace.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum kind { WRITE = 1, TRUNCATE, SYNC, CREATE, RENAME, UNLINK, MKDIR, SYNC_DIRECTORY, SENT, FAILED, UNSUPPORTED, LINK };
enum { FDS_MAX = 65536, SENT_MAX = 65536 };

struct head {
  uint32_t kind;
  uint32_t path_bytes;
  uint64_t inode;
  uint64_t offset;
  uint64_t data_bytes;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char root[PATH_MAX];
static size_t root_bytes;
static int trace = -1;
static const char *arm;
static char fault_call[16], fault_suffix[256];
static int fault_errno, fault_lasts;
/* Path of each descriptor below the root; the name it was opened by. */
static char *paths[FDS_MAX];

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

__attribute__((constructor)) static void begin(void) {
  const char *where = getenv("QSDM_POWERLOSS_ROOT"), *file = getenv("QSDM_POWERLOSS_TRACE");
  const char *fault = getenv("QSDM_POWERLOSS_FAULT");
  if (!where) return;
  root_bytes = strlen(strncpy(root, where, sizeof root - 1));
  arm = getenv("QSDM_POWERLOSS_ARM");
  fault_lasts = getenv("QSDM_POWERLOSS_LASTS") != NULL;
  if (fault) sscanf(fault, "%15[^:]:%d:%255s", fault_call, &fault_errno, fault_suffix);
  if (!file) return;
  int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  /* Out of the way: SQLite and Node expect low numbers for their own. */
  trace = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 900);
  syscall(SYS_close, fd);
}

static void record(enum kind kind, uint64_t inode, uint64_t offset, const char *path, const void *data, size_t bytes) {
  if (trace < 0) return;
  struct head head = {kind, path ? (uint32_t)strlen(path) : 0, inode, offset, bytes};
  struct iovec parts[3] = {{&head, sizeof head}, {(void *)path, head.path_bytes}, {(void *)data, bytes}};
  size_t want = sizeof head + head.path_bytes + bytes;
  if ((size_t)syscall(SYS_writev, trace, parts, 3) != want) abort();
}

static int below(const char *path) {
  return root_bytes && !strncmp(path, root, root_bytes) && (path[root_bytes] == '/' || !path[root_bytes]);
}

/* Absolute form of a path, links left as they are. */
static const char *absolute(int at, const char *path, char *into) {
  if (path[0] == '/') return path;
  char base[PATH_MAX];
  if (at == AT_FDCWD) {
    if (!getcwd(base, sizeof base)) return path;
  } else {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", at);
    ssize_t n = readlink(link, base, sizeof base - 1);
    if (n < 0) return path;
    base[n] = 0;
  }
  /* A path that does not fit is of no directory that a test watches. */
  if (snprintf(into, PATH_MAX, "%s/%s", base, path[0] == '.' && path[1] == '/' ? path + 2 : path) >= PATH_MAX) return path;
  return into;
}

static uint64_t inode_of(int fd) {
  struct stat st;
  return fstat(fd, &st) ? 0 : st.st_ino;
}

static uint64_t inode_at(const char *path) {
  struct stat st;
  return lstat(path, &st) ? 0 : st.st_ino;
}

static const char *tracked(int fd) { return fd >= 0 && fd < FDS_MAX ? paths[fd] : NULL; }

/* Whether the call is to fail; errno is set, and the trace says so. */
static int strikes(const char *call, const char *path) {
  if (!fault_call[0] || !arm || (strcmp(fault_call, call) && strcmp(fault_call, "any"))) return 0;
  size_t have = strlen(path), want = strlen(fault_suffix);
  if (have < want || strcmp(path + have - want, fault_suffix)) return 0;
  if (fault_lasts ? access(arm, F_OK) : syscall(SYS_unlinkat, AT_FDCWD, arm, 0)) return 0;
  record(FAILED, 0, 0, path, NULL, 0);
  errno = fault_errno;
  return 1;
}

static int opened(int fd, const char *path, int flags, int existed) {
  if (fd < 0 || fd >= FDS_MAX) return fd;
  struct stat st;
  if (fstat(fd, &st)) return fd;
  free(paths[fd]);
  paths[fd] = strdup(path);
  if ((flags & O_CREAT) && !existed) record(CREATE, st.st_ino, 0, path, NULL, 0);
  else if ((flags & O_TRUNC) && S_ISREG(st.st_mode)) record(TRUNCATE, st.st_ino, 0, path, NULL, 0);
  return fd;
}

static int open_in(int at, const char *name, int flags, mode_t mode) {
  char buffer[PATH_MAX];
  const char *path = absolute(at, name, buffer);
  if (!below(path)) {
    int fd = (int)syscall(SYS_openat, at, name, flags, mode);
    /* The number may have been closed by a call that is not followed. */
    if (fd >= 0 && fd < FDS_MAX && paths[fd]) free(paths[fd]), paths[fd] = NULL;
    return fd;
  }
  pthread_mutex_lock(&lock);
  int existed = inode_at(path) != 0;
  int fails = (flags & O_CREAT) && !existed && strikes("write", path);
  int fd = fails ? -1 : opened((int)syscall(SYS_openat, at, name, flags, mode), path, flags, existed);
  pthread_mutex_unlock(&lock);
  return fd;
}

#define MODE(last)                                   \
  mode_t mode = 0;                                   \
  if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE) { \
    va_list more;                                    \
    va_start(more, last);                            \
    mode = va_arg(more, mode_t);                     \
    va_end(more);                                    \
  }
int open(const char *path, int flags, ...) { MODE(flags) return open_in(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE(flags) return open_in(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE(flags) return open_in(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE(flags) return open_in(at, path, flags, mode); }
int __open_2(const char *path, int flags) { return open_in(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return open_in(AT_FDCWD, path, flags, 0); }

int close(int fd) {
  pthread_mutex_lock(&lock);
  if (tracked(fd)) free(paths[fd]), paths[fd] = NULL;
  int result = (int)syscall(SYS_close, fd);
  pthread_mutex_unlock(&lock);
  return result;
}

/* After a call that wrote `done` bytes of `parts` at `offset`. */
static void record_parts(int fd, const struct iovec *parts, int count, ssize_t done, uint64_t offset) {
  uint64_t inode = inode_of(fd);
  for (int i = 0; i < count && done > 0; i++) {
    size_t bytes = (size_t)done < parts[i].iov_len ? (size_t)done : parts[i].iov_len;
    record(WRITE, inode, offset, paths[fd], parts[i].iov_base, bytes);
    offset += bytes;
    done -= (ssize_t)bytes;
  }
}

static int is_socket(int fd) {
  struct stat st;
  return !fstat(fd, &st) && S_ISSOCK(st.st_mode);
}

static void record_sent(const struct iovec *parts, size_t count, ssize_t done) {
  char *all = malloc(SENT_MAX);
  size_t bytes = 0;
  for (size_t i = 0; i < count && done > 0 && bytes < SENT_MAX; i++) {
    size_t part = parts[i].iov_len < (size_t)done ? parts[i].iov_len : (size_t)done;
    if (part > SENT_MAX - bytes) part = SENT_MAX - bytes;
    memcpy(all + bytes, parts[i].iov_base, part);
    bytes += part;
    done -= (ssize_t)part;
  }
  record(SENT, 0, 0, NULL, all, bytes);
  free(all);
}

/* `offset` of -1 is where the descriptor stands. */
static ssize_t write_parts(int fd, const struct iovec *parts, int count, off_t offset) {
  const char *path = tracked(fd);
  if (!path && (trace < 0 || fd == trace || !is_socket(fd)))
    return offset < 0 ? syscall(SYS_writev, fd, parts, count) : syscall(SYS_pwritev, fd, parts, count, offset, 0L);
  pthread_mutex_lock(&lock);
  ssize_t done;
  if (!path) {
    /* Before it leaves: from here on somebody may have heard it. */
    ssize_t all = 0;
    for (int i = 0; i < count; i++) all += (ssize_t)parts[i].iov_len;
    record_sent(parts, (size_t)count, all);
    done = syscall(SYS_writev, fd, parts, count);
  } else if (strikes("write", path)) {
    done = -1;
  } else if (offset >= 0) {
    done = syscall(SYS_pwritev, fd, parts, count, offset, 0L);
    record_parts(fd, parts, count, done, (uint64_t)offset);
  } else {
    done = syscall(SYS_writev, fd, parts, count);
    /* Appending moves there as well. */
    if (done > 0) record_parts(fd, parts, count, done, (uint64_t)(lseek(fd, 0, SEEK_CUR) - done));
  }
  int kept = errno;
  pthread_mutex_unlock(&lock);
  errno = kept;
  return done;
}

ssize_t write(int fd, const void *data, size_t bytes) {
  struct iovec part = {(void *)data, bytes};
  return write_parts(fd, &part, 1, -1);
}
ssize_t pwrite(int fd, const void *data, size_t bytes, off_t offset) {
  struct iovec part = {(void *)data, bytes};
  return write_parts(fd, &part, 1, offset);
}
ssize_t pwrite64(int fd, const void *data, size_t bytes, off64_t offset) { return pwrite(fd, data, bytes, offset); }
ssize_t writev(int fd, const struct iovec *parts, int count) { return write_parts(fd, parts, count, -1); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  return write_parts(fd, parts, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  return write_parts(fd, parts, count, offset);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  REAL(sendmsg);
  if (trace >= 0) {
    pthread_mutex_lock(&lock);
    record_sent(message->msg_iov, message->msg_iovlen, SENT_MAX);
    pthread_mutex_unlock(&lock);
  }
  return real(fd, message, flags);
}
ssize_t send(int fd, const void *data, size_t bytes, int flags) {
  struct iovec part = {(void *)data, bytes};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  return sendmsg(fd, &message, flags);
}

int ftruncate(int fd, off_t bytes) {
  const char *path = tracked(fd);
  if (!path) return (int)syscall(SYS_ftruncate, fd, bytes);
  pthread_mutex_lock(&lock);
  int result = strikes("write", path) ? -1 : (int)syscall(SYS_ftruncate, fd, bytes);
  if (!result) record(TRUNCATE, inode_of(fd), (uint64_t)bytes, path, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}
int ftruncate64(int fd, off64_t bytes) { return ftruncate(fd, bytes); }

static int sync_file(int fd, long call) {
  const char *path = tracked(fd);
  if (!path) return (int)syscall(call, fd);
  pthread_mutex_lock(&lock);
  struct stat st;
  int result = strikes("fsync", path) ? -1 : (int)syscall(call, fd);
  if (!result && !fstat(fd, &st)) record(S_ISDIR(st.st_mode) ? SYNC_DIRECTORY : SYNC, st.st_ino, 0, path, NULL, 0);
  int kept = errno;
  pthread_mutex_unlock(&lock);
  errno = kept;
  return result;
}
int fsync(int fd) { return sync_file(fd, SYS_fsync); }
int fdatasync(int fd) { return sync_file(fd, SYS_fdatasync); }

static int rename_in(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
  char a[PATH_MAX], b[PATH_MAX], both[2 * PATH_MAX];
  const char *old = absolute(from_at, from, a), *new = absolute(to_at, to, b);
  if (!below(old) && !below(new)) return (int)syscall(SYS_renameat2, from_at, from, to_at, to, flags);
  pthread_mutex_lock(&lock);
  uint64_t inode = inode_at(old);
  int result = strikes("write", new) ? -1 : (int)syscall(SYS_renameat2, from_at, from, to_at, to, flags);
  snprintf(both, sizeof both, "%s\n%s", old, new);
  if (!result) record(flags || !below(old) || !below(new) ? UNSUPPORTED : RENAME, inode, 0, both, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}
int rename(const char *from, const char *to) { return rename_in(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int from_at, const char *from, int to_at, const char *to) { return rename_in(from_at, from, to_at, to, 0); }
int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
  return rename_in(from_at, from, to_at, to, flags);
}

static int unlink_in(int at, const char *name, int flags) {
  char buffer[PATH_MAX];
  const char *path = absolute(at, name, buffer);
  if (!below(path)) return (int)syscall(SYS_unlinkat, at, name, flags);
  pthread_mutex_lock(&lock);
  uint64_t inode = inode_at(path);
  int result = (int)syscall(SYS_unlinkat, at, name, flags);
  if (!result) record(UNLINK, inode, 0, path, NULL, 0);
  pthread_mutex_unlock(&lock);
  return result;
}
int unlink(const char *path) { return unlink_in(AT_FDCWD, path, 0); }
int unlinkat(int at, const char *path, int flags) { return unlink_in(at, path, flags); }
int rmdir(const char *path) { return unlink_in(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char *path) {
  struct stat st;
  return !lstat(path, &st) && S_ISDIR(st.st_mode) ? rmdir(path) : unlink(path);
}

int mkdirat(int at, const char *name, mode_t mode) {
  char buffer[PATH_MAX];
  const char *path = absolute(at, name, buffer);
  if (!below(path)) return (int)syscall(SYS_mkdirat, at, name, mode);
  pthread_mutex_lock(&lock);
  int result = (int)syscall(SYS_mkdirat, at, name, mode);
  if (!result) record(MKDIR, inode_at(path), 0, path, NULL, 0);
  int kept = errno;
  pthread_mutex_unlock(&lock);
  errno = kept;
  return result;
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

static void unsupported(const char *path) {
  pthread_mutex_lock(&lock);
  record(UNSUPPORTED, 0, 0, path, NULL, 0);
  pthread_mutex_unlock(&lock);
}

void *mmap(void *near, size_t bytes, int protection, int flags, int fd, off_t offset) {
  if (tracked(fd) && (protection & PROT_WRITE) && (flags & (MAP_SHARED | MAP_SHARED_VALIDATE))) unsupported(tracked(fd));
  return (void *)syscall(SYS_mmap, near, bytes, protection, flags, fd, offset);
}
void *mmap64(void *near, size_t bytes, int protection, int flags, int fd, off64_t offset) {
  return mmap(near, bytes, protection, flags, fd, offset);
}
ssize_t sendfile(int to, int from, off_t *offset, size_t bytes) {
  if (tracked(to)) unsupported(tracked(to));
  return syscall(SYS_sendfile, to, from, offset, bytes);
}
ssize_t sendfile64(int to, int from, off64_t *offset, size_t bytes) { return sendfile(to, from, offset, bytes); }
ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t bytes, unsigned flags) {
  if (tracked(to)) unsupported(tracked(to));
  return syscall(SYS_copy_file_range, from, from_at, to, to_at, bytes, flags);
}
int link(const char *from, const char *to) {
  char buffer[PATH_MAX];
  const char *path = absolute(AT_FDCWD, to, buffer);
  if (!below(path)) return (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
  pthread_mutex_lock(&lock);
  int result = (int)syscall(SYS_linkat, AT_FDCWD, from, AT_FDCWD, to, 0);
  if (!result) record(LINK, inode_at(path), 0, path, NULL, 0);
  int kept = errno;
  pthread_mutex_unlock(&lock);
  errno = kept;
  return result;
}
int fallocate(int fd, int mode, off_t offset, off_t bytes) {
  if (tracked(fd)) unsupported(tracked(fd));
  return (int)syscall(SYS_fallocate, fd, mode, offset, bytes);
}
int posix_fallocate(int fd, off_t offset, off_t bytes) { return fallocate(fd, 0, offset, bytes) ? errno : 0; }

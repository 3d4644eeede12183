// Files that are mapped to be read. A page of one that cannot be had raises SIGBUS, which would end the process: a file
// that was cut short, a disk that fails, memory that failed. Here zeros take the place of the whole mapping, and whoever
// walks asks afterwards whether what it read was the file.
#include "../include/qsdm_native.h"

#if defined(__unix__) || defined(__APPLE__)

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <new>

namespace {

constexpr size_t LARGE_PAGE = size_t{1} << 21;

// Where a mapping is, as the signal's handler sees it: no lock may be taken there.
struct Place {
  uintptr_t begin;
  // 0 for a place that is free.
  uintptr_t end;
  // 1 once zeros are in the file's place.
  int32_t torn;
};
constexpr size_t MOST_MAPPINGS = 64;
Place places[MOST_MAPPINGS];

pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
struct sigaction before;

// Puts zeros over the mapping at `address`; false where there is none.
bool cover(uintptr_t address) {
  for (Place &place : places) {
    const uintptr_t end = __atomic_load_n(&place.end, __ATOMIC_ACQUIRE);
    const uintptr_t begin = __atomic_load_n(&place.begin, __ATOMIC_ACQUIRE);
    // One that changes hands meanwhile is not the one that is walked here, and its two ends may not belong together.
    if (address >= end || address < begin || __atomic_load_n(&place.end, __ATOMIC_ACQUIRE) != end) continue;
    __atomic_store_n(&place.torn, 1, __ATOMIC_RELEASE);
    // On Linux and the BSDs a system call and no more, so that a handler may call it. All of it, or each page would fault.
    return mmap(reinterpret_cast<void *>(begin), end - begin, PROT_READ,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0) != MAP_FAILED;
  }
  return false;
}

// What would have happened without this handler.
void pass_on(int signal, siginfo_t *info, void *context) {
  if (before.sa_flags & SA_SIGINFO) {
    before.sa_sigaction(signal, info, context);
    return;
  }
  const bool sent = info->si_code <= 0;
  if (before.sa_handler == SIG_IGN && sent) return;
  if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
    before.sa_handler(signal);
    return;
  }
  struct sigaction fatal = {};
  fatal.sa_handler = SIG_DFL;
  sigaction(SIGBUS, &fatal, nullptr);
  // A fault comes again by itself, and a core shows where.
  if (sent) raise(SIGBUS);
}

void on_bus_error(int signal, siginfo_t *info, void *context) {
  const int kept = errno;
  // One that was sent has no address.
  if (info->si_code <= 0 || !cover(reinterpret_cast<uintptr_t>(info->si_addr))) pass_on(signal, info, context);
  errno = kept;
}

// Whether bus errors come here. Somebody who took the signal afterwards would not pass on what is not theirs.
bool handles_bus_errors() {
  static bool installed = false;
  struct sigaction now = {};
  if (sigaction(SIGBUS, nullptr, &now) != 0) return false;
  if (installed) return (now.sa_flags & SA_SIGINFO) && now.sa_sigaction == on_bus_error;
  before = now;
  struct sigaction ours = {};
  ours.sa_sigaction = on_bus_error;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&ours.sa_mask);
  installed = sigaction(SIGBUS, &ours, nullptr) == 0;
  return installed;
}

struct Changes {
  int64_t size, seconds, nanoseconds;
  bool same_as(const Changes &other) const {
    return size == other.size && seconds == other.seconds && nanoseconds == other.nanoseconds;
  }
};

// What changes when the file does; the time of its inode is no use, since removing another name changes it too.
bool changes_of(int file, Changes &changes) {
  struct stat found = {};
  if (fstat(file, &found) != 0) return false;
#if defined(__APPLE__)
  const timespec written = found.st_mtimespec;
#else
  const timespec written = found.st_mtim;
#endif
  changes = {found.st_size, written.tv_sec, written.tv_nsec};
  return S_ISREG(found.st_mode);
}

}  // namespace

struct qsdm_mapping {
  // Addresses that are taken, with what comes before the first large page.
  void *reserved = MAP_FAILED;
  size_t reserved_size = 0;
  uint8_t *bytes = nullptr;
  size_t size = 0;
  int file = -1;
  Changes as_mapped{};
  Place *place = nullptr;
  int32_t owners = 1;

  ~qsdm_mapping() {
    if (place) {
      pthread_mutex_lock(&lock);
      __atomic_store_n(&place->end, 0, __ATOMIC_RELEASE);
      pthread_mutex_unlock(&lock);
    }
    if (reserved != MAP_FAILED) munmap(reserved, reserved_size);
    if (file >= 0) close(file);
  }

  bool map(int from, uint64_t wanted);
  bool take_place();
};

// As far as it gets; the destructor takes back what there is.
bool qsdm_mapping::map(int from, uint64_t wanted) {
  size = static_cast<size_t>(wanted);
  file = fcntl(from, F_DUPFD_CLOEXEC, 0);
  if (file < 0 || !changes_of(file, as_mapped)) return false;
  if (size == 0 || size > SIZE_MAX - LARGE_PAGE || static_cast<uint64_t>(as_mapped.size) < wanted) {
    errno = EINVAL;
    return false;
  }
  // A large page can be used where address and place in the file are multiples of its size.
  reserved_size = size + LARGE_PAGE;
  reserved = mmap(nullptr, reserved_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (reserved == MAP_FAILED) return false;
  const uintptr_t first = (reinterpret_cast<uintptr_t>(reserved) + LARGE_PAGE - 1) / LARGE_PAGE * LARGE_PAGE;
  bytes = reinterpret_cast<uint8_t *>(first);
  if (!take_place() || mmap(bytes, size, PROT_READ, MAP_SHARED | MAP_FIXED, file, 0) == MAP_FAILED) return false;
#if defined(__linux__)
  // Where the file system has large pages, a page that is missing brings in a large one. Advice that reads will jump would
  // only slow down the first one, which goes through it all in order.
  madvise(bytes, size, MADV_HUGEPAGE);
#endif
  return true;
}

bool qsdm_mapping::take_place() {
  pthread_mutex_lock(&lock);
  if (handles_bus_errors())
    for (Place &each : places)
      if (each.end == 0) {
        place = &each;
        const auto begin = reinterpret_cast<uintptr_t>(bytes);
        __atomic_store_n(&place->begin, begin, __ATOMIC_RELEASE);
        __atomic_store_n(&place->torn, 0, __ATOMIC_RELEASE);
        __atomic_store_n(&place->end, begin + size, __ATOMIC_RELEASE);
        break;
      }
  pthread_mutex_unlock(&lock);
  if (!place) errno = EBUSY;
  return place != nullptr;
}

extern "C" {

qsdm_mapping *qsdm_mapping_create(int file, uint64_t bytes) {
  auto *mapping = new (std::nothrow) qsdm_mapping;
  if (mapping && mapping->map(file, bytes)) return mapping;
  const int why = errno;
  delete mapping;
  errno = why;
  return nullptr;
}

void qsdm_mapping_keep(qsdm_mapping *mapping) { __atomic_fetch_add(&mapping->owners, 1, __ATOMIC_RELAXED); }

void qsdm_mapping_release(qsdm_mapping *mapping) {
  if (__atomic_sub_fetch(&mapping->owners, 1, __ATOMIC_ACQ_REL) == 0) delete mapping;
}

const uint8_t *qsdm_mapping_bytes(const qsdm_mapping *mapping) { return mapping->bytes; }

uint64_t qsdm_mapping_size(const qsdm_mapping *mapping) { return mapping->size; }

int qsdm_mapping_file(const qsdm_mapping *mapping) { return mapping->file; }

int qsdm_mapping_holds(const qsdm_mapping *mapping) {
  Changes now{};
  return __atomic_load_n(&mapping->place->torn, __ATOMIC_ACQUIRE) == 0 && changes_of(mapping->file, now) &&
         now.same_as(mapping->as_mapped);
}

uint64_t qsdm_mapping_large_bytes(const qsdm_mapping *mapping) {
  uint64_t large = 0;
#if defined(__linux__)
  FILE *maps = fopen("/proc/self/smaps", "re");
  if (!maps) return 0;
  char line[512];
  bool inside = false;
  while (fgets(line, sizeof line, maps)) {
    unsigned long begin = 0, end = 0, size = 0;
    if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
      inside = begin == reinterpret_cast<uintptr_t>(mapping->bytes);
    else if (inside && (sscanf(line, "FilePmdMapped: %lu kB", &size) == 1 ||
                        sscanf(line, "ShmemPmdMapped: %lu kB", &size) == 1))
      large += uint64_t{size} * 1024;
  }
  fclose(maps);
#else
  (void)mapping;
#endif
  return large;
}

}  // extern "C"

#else

#include <errno.h>

extern "C" {
qsdm_mapping *qsdm_mapping_create(int, uint64_t) {
  errno = ENOSYS;
  return nullptr;
}
void qsdm_mapping_keep(qsdm_mapping *) {}
void qsdm_mapping_release(qsdm_mapping *) {}
const uint8_t *qsdm_mapping_bytes(const qsdm_mapping *) { return nullptr; }
uint64_t qsdm_mapping_size(const qsdm_mapping *) { return 0; }
int qsdm_mapping_file(const qsdm_mapping *) { return -1; }
int qsdm_mapping_holds(const qsdm_mapping *) { return 0; }
uint64_t qsdm_mapping_large_bytes(const qsdm_mapping *) { return 0; }
}  // extern "C"

#endif

// Mapped files, where a sanitizer watches: cut short, written to and removed while threads walk them, and bus errors that
// have nothing to do with them.
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "../include/qsdm_native.h"
#include "check.hpp"

namespace qsdm {
namespace {

constexpr uint64_t ENTRIES = 1 << 14;
constexpr size_t TABLE_BYTES = ENTRIES * QSDM_ENTRY_BYTES, STARTS = 64;
constexpr size_t MOST_MAPPINGS = 64;

// A file of its own that holds a table, until the end of this object.
class TableFile {
 public:
  TableFile() {
    const char *folder = std::getenv("TMPDIR");
    name_ = std::string(folder ? folder : "/tmp") + "/qsdm-table-XXXXXX";
    file = mkstemp(name_.data());
    std::vector<uint8_t> bytes(TABLE_BYTES);
    for (size_t i = 0; i < bytes.size(); i++) bytes[i] = static_cast<uint8_t>(i * 7 + i / 256);
    if (file < 0 || write(file, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("no file can be written in " + name_);
  }
  TableFile(const TableFile &) = delete;
  TableFile &operator=(const TableFile &) = delete;
  ~TableFile() {
    close(file);
    unlink(name_.c_str());
  }
  void remove() const { unlink(name_.c_str()); }

  int file;

 private:
  std::string name_;
};

// Walks until the mapping does not hold any more, and gives whether the first walks were those of `right`.
bool walk_until_changed(const qsdm_mapping *mapping, const std::vector<uint8_t> &right, int32_t *walking) {
  const qsdm_dag dag = {qsdm_mapping_bytes(mapping), ENTRIES, 1};
  const std::vector<uint8_t> starts(STARTS * QSDM_START_BYTES);
  std::vector<uint8_t> mixes(STARTS * QSDM_ENTRY_BYTES);
  bool were_right = true;
  for (;;) {
    qsdm_walk(0, &dag, QSDM_MIX_PLAIN, starts.data(), STARTS, mixes.data());
    if (!qsdm_mapping_holds(mapping)) return were_right;
    were_right = were_right && mixes == right;
    __atomic_fetch_add(walking, 1, __ATOMIC_RELEASE);
  }
}

// Two threads walk the file and keep it; it is changed under them, and let go of by whoever mapped it.
template <class Change>
bool survives(Change change) {
  TableFile table;
  qsdm_mapping *mapping = qsdm_mapping_create(table.file, TABLE_BYTES);
  if (!mapping || !qsdm_mapping_holds(mapping) || qsdm_mapping_size(mapping) != TABLE_BYTES) return false;
  const qsdm_dag dag = {qsdm_mapping_bytes(mapping), ENTRIES, 1};
  const std::vector<uint8_t> starts(STARTS * QSDM_START_BYTES);
  std::vector<uint8_t> right(STARTS * QSDM_ENTRY_BYTES);
  qsdm_walk(0, &dag, QSDM_MIX_PLAIN, starts.data(), STARTS, right.data());
  bool were_right[2] = {};
  int32_t walking = 0;
  std::vector<std::thread> threads;
  for (bool &each : were_right) {
    qsdm_mapping_keep(mapping);
    threads.emplace_back([&] {
      each = walk_until_changed(mapping, right, &walking);
      qsdm_mapping_release(mapping);
    });
  }
  while (__atomic_load_n(&walking, __ATOMIC_ACQUIRE) < 4) std::this_thread::yield();
  change(table);
  for (std::thread &each : threads) each.join();
  const bool noticed = !qsdm_mapping_holds(mapping);
  qsdm_mapping_release(mapping);
  return were_right[0] && were_right[1] && noticed;
}

bool removal_changes_nothing() {
  TableFile table;
  qsdm_mapping *mapping = qsdm_mapping_create(table.file, TABLE_BYTES);
  table.remove();
  const bool holds = mapping && qsdm_mapping_holds(mapping) && qsdm_mapping_bytes(mapping)[7] == 49;
  if (mapping) qsdm_mapping_release(mapping);
  return holds;
}

bool refuses_what_is_no_table() {
  const TableFile table;
  const int folder = open("/", O_RDONLY | O_DIRECTORY);
  const bool refused = !qsdm_mapping_create(table.file, TABLE_BYTES + 1) && !qsdm_mapping_create(table.file, 0) &&
                       !qsdm_mapping_create(folder, 1) && !qsdm_mapping_create(-1, 1);
  close(folder);
  return refused;
}

bool mappings_are_counted() {
  const TableFile table;
  std::vector<qsdm_mapping *> all;
  for (size_t i = 0; i < MOST_MAPPINGS; i++) all.push_back(qsdm_mapping_create(table.file, TABLE_BYTES));
  errno = 0;
  bool right = all.back() && !qsdm_mapping_create(table.file, TABLE_BYTES) && errno == EBUSY;
  qsdm_mapping_release(all.front());
  all.front() = qsdm_mapping_create(table.file, TABLE_BYTES);
  for (qsdm_mapping *each : all) {
    right = right && each;
    if (each) qsdm_mapping_release(each);
  }
  return right;
}

sigjmp_buf back;
void *volatile foreign_address;
void on_foreign_error(int, siginfo_t *info, void *) {
  foreign_address = info->si_addr;
  siglongjmp(back, 1);
}

// Reads a mapping of somebody else's whose file was cut short: the handler from before the first mapping hears of it.
bool passes_on_what_is_not_its_own() {
  const TableFile table;
  void *mine = mmap(nullptr, TABLE_BYTES, PROT_READ, MAP_SHARED, table.file, 0);
  if (mine == MAP_FAILED || ftruncate(table.file, 0) != 0) return false;
  foreign_address = nullptr;
  if (sigsetjmp(back, 1) == 0) (void)*static_cast<volatile const uint8_t *>(mine);
  const bool heard = foreign_address == mine;
  munmap(mine, TABLE_BYTES);
  return heard;
}

}  // namespace

Tally check_files(size_t rounds) {
  struct sigaction foreign = {};
  foreign.sa_sigaction = on_foreign_error;
  foreign.sa_flags = SA_SIGINFO;
  sigaction(SIGBUS, &foreign, nullptr);
  Tally total;
  const auto count = [&](bool right, const char *what) {
    (right ? total.passed : total.failed)++;
    if (!right) std::printf("FAIL files: %s\n", what);
  };
  for (size_t round = 0; round < rounds; round++) {
    count(survives([](const TableFile &table) { return ftruncate(table.file, 0); }), "emptied");
    count(survives([](const TableFile &table) { return ftruncate(table.file, 8'192); }), "cut short");
    count(survives([](const TableFile &table) { return pwrite(table.file, "x", 1, 12'345); }), "overwritten");
    count(removal_changes_nothing(), "removed");
    count(passes_on_what_is_not_its_own(), "a bus error of somebody else's");
  }
  count(refuses_what_is_no_table(), "mapped what is no table");
  count(mappings_are_counted(), "mappings are not counted");
  std::printf("files: %zu passed, %zu failed\n", total.passed, total.failed);
  return total;
}

}  // namespace qsdm

// Walks over a table of the device, and the search.
#include "table.cuh"

#include "../core/thread.hpp"

using namespace qsdm;

namespace {

template <int Mix>
__global__ void __launch_bounds__(BLOCK_THREADS, Mix == 1 ? 6 : 4)
    walk_kernel(const uint8_t *table, uint64_t entries, const uint8_t *starts, size_t count, uint8_t *mixes) {
  const uint64_t i = thread_number();
  if (i >= count) return;
  uint64_t start[6], mix[4];
  for (int word = 0; word < 6; word++) start[word] = load_word(starts + i * START_BYTES + 8 * word);
  thread_walk<Mix>(table, entries, start, mix);
  for (int word = 0; word < 4; word++) store_word(mixes + i * ENTRY_BYTES + 8 * word, mix[word]);
}

// Leaves the smallest number of an attempt that is a solution in `found`, which starts as `count`. Blocks start in order,
// so those after a solution have nothing to do.
template <int Mix>
__global__ void __launch_bounds__(BLOCK_THREADS, Mix == 1 ? 5 : 4)
    search_kernel(ThreadJob job, uint64_t nonce_low, uint64_t nonce_high, unsigned long long count,
                  unsigned long long *found) {
  const unsigned long long i = thread_number();
  if (i >= count || *static_cast<volatile unsigned long long *>(found) < i) return;
  const uint64_t low = nonce_low + i;
  uint64_t mix[4];
  if (thread_attempt<Mix>(job, low, nonce_high + (low < nonce_low), mix)) atomicMin(found, i);
}

// Times that a launch fills the device: long enough that starting it costs nothing, some milliseconds of any device, so
// that a search that is not wanted ends soon.
constexpr uint64_t LAUNCH_FILLS = 4;

template <class Kernel>
uint64_t launch_attempts(Scope &scope, int device, Kernel *kernel) {
  int multiprocessors = 1, blocks = 1;
  scope.check(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device));
  scope.check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel, BLOCK_THREADS, 0));
  return LAUNCH_FILLS * static_cast<uint64_t>(multiprocessors) * static_cast<uint64_t>(blocks) * BLOCK_THREADS;
}

// The attempts from `from` on, `count` of them, on a stream of their own.
struct Piece {
  const qsdm_cuda_launch *launch;
  uint64_t from;
  unsigned long long count;
};

template <class Kernel>
void start(Scope &scope, const Piece &piece, Kernel *kernel, const ThreadJob &job, const uint8_t *nonce) {
  const auto [stream, found, found_here] = *piece.launch;
  const uint64_t low = load_word(nonce) + piece.from;
  const uint64_t high = load_word(nonce + 8) + (low < piece.from);
  *found_here = piece.count;
  scope.check(cudaMemcpyAsync(found, found_here, sizeof *found, cudaMemcpyHostToDevice, stream));
  scope.run_on(stream, kernel, piece.count, job, low, high, piece.count, found);
  if (scope.ok()) scope.check(cudaMemcpyAsync(found_here, found, sizeof *found, cudaMemcpyDeviceToHost, stream));
}

bool wanted(const qsdm_search &job) {
  return !job.board || __atomic_load_n(job.board, __ATOMIC_RELAXED) == job.wanted;
}

}  // namespace

extern "C" {

int qsdm_cuda_walk(const qsdm_cuda_table *table, qsdm_mix mix, const uint8_t *starts, size_t count, uint8_t *mixes) {
  if (count == 0) return 0;
  Scope scope(table->device);
  const uint8_t *in = scope.copy_in(starts, count * START_BYTES);
  uint8_t *out = scope.allocate<uint8_t>(count * ENTRY_BYTES);
  const auto kernel = mix == QSDM_MIX_PLAIN ? walk_kernel<QSDM_MIX_PLAIN> : walk_kernel<QSDM_MIX_TENSOR>;
  const uint8_t *bytes = table->bytes;
  scope.run(kernel, count, bytes, table->entries, in, count, out);
  scope.copy_out(mixes, out, count * ENTRY_BYTES);
  return scope.status();
}

// Two launches are under way at a time: the device starts on the second one while the first one's last threads end.
int qsdm_cuda_search(const qsdm_cuda_table *table, const qsdm_search *job, const uint8_t *nonce, uint64_t attempts,
                     qsdm_found *found) {
  const ThreadJob mine = thread_job(job->header_hash, job->batch_root, job->limit, table->bytes, table->entries);
  const auto kernel = job->mix == QSDM_MIX_PLAIN ? search_kernel<QSDM_MIX_PLAIN> : search_kernel<QSDM_MIX_TENSOR>;
  found->attempts = 0;
  found->found = 0;
  Scope scope(table->device);
  const uint64_t most = launch_attempts(scope, table->device, kernel);
  Piece under_way[2];
  uint64_t started = 0, number = 0, ended = 0;
  while (scope.ok() && !found->found) {
    while (number - ended < 2 && started < attempts && wanted(*job)) {
      const uint64_t left = attempts - started;
      Piece &piece = under_way[number % 2];
      piece = {&table->launches[number % 2], started, left < most ? left : most};
      start(scope, piece, kernel, mine, nonce);
      started += piece.count;
      number++;
    }
    if (number == ended) break;
    const Piece &piece = under_way[ended++ % 2];
    if (!scope.check(cudaStreamSynchronize(piece.launch->stream))) break;
    const unsigned long long first = *piece.launch->found_here;
    found->attempts = piece.from + (first < piece.count ? first + 1 : piece.count);
    if (first == piece.count) continue;
    found->found = 1;
    const uint64_t at = piece.from + first, low = load_word(nonce) + at;
    store_word(found->nonce, low);
    store_word(found->nonce + 8, load_word(nonce + 8) + (low < at));
  }
  // Nothing may write to the table's memory after this call.
  for (; ended < number; ended++) scope.check(cudaStreamSynchronize(under_way[ended % 2].launch->stream));
  if (!scope.ok() || !found->found) return scope.status();
  uint8_t begin[START_BYTES];
  memcpy(begin, job->header_hash, 32);
  memcpy(begin + 32, found->nonce, QSDM_NONCE_BYTES);
  return qsdm_cuda_walk(table, job->mix, begin, 1, found->mix);
}

}  // extern "C"

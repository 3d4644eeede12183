#include "forms.hpp"

namespace qsdm {

uint32_t path_of(Arguments &arguments, size_t at) {
  const auto path = static_cast<uint32_t>(arguments.number(at, qsdm_path_count() - 1));
  arguments.check(!arguments.ok() || !qsdm_path_at(path).missing, "this machine cannot run that path");
  return path;
}

qsdm_mix mix_of(Arguments &arguments, size_t at) {
  const auto mix = arguments.number(at, QSDM_MIX_TENSOR);
  arguments.check(mix >= QSDM_MIX_PLAIN, "there is no such mix");
  return static_cast<qsdm_mix>(mix);
}

qsdm_ml_dsa level_of(Arguments &arguments, size_t at) {
  const uint64_t level = arguments.number(at, QSDM_ML_DSA_87);
  arguments.check(level == QSDM_ML_DSA_44 || level == QSDM_ML_DSA_87, "there is no such parameter set");
  return static_cast<qsdm_ml_dsa>(level);
}

DagArgument dag_of(Arguments &arguments, size_t at) {
  MappedTable *mapped = arguments.mapped_table(at);
  const Bytes bytes = mapped ? mapped->bytes() : arguments.bytes(at);
  const uint64_t entries = arguments.number(at + 1, MOST_ENTRIES);
  const uint64_t interval = arguments.number(at + 2, MOST_ENTRIES);
  if (arguments.check(entries > 0 && interval > 0, "a table has entries"))
    arguments.check((entries + interval - 1) / interval * QSDM_ENTRY_BYTES == bytes.size, "the table has another size");
  return {{bytes.data, entries, interval}, mapped};
}

Messages messages_of(Arguments &arguments, size_t at) {
  const auto sponge = static_cast<qsdm_sponge>(arguments.number(at, QSDM_SHAKE256));
  const Bytes bytes = arguments.bytes(at + 1);
  size_t count = 0;
  const uint32_t *ends = arguments.words(at + 2, count);
  uint32_t last = 0;
  bool rising = true;
  for (size_t i = 0; i < count; i++) {
    rising = rising && ends[i] >= last;
    last = ends[i];
  }
  arguments.check(rising && last <= bytes.size, "messages end in order, within their array");
  return {sponge, bytes, ends, count};
}

bool check_digest(Arguments &arguments, qsdm_sponge sponge, size_t digest_bytes) {
  return arguments.check(digest_bytes > 0 && (sponge != QSDM_SHA3_256 || digest_bytes == 32), "digests are of one length");
}

}  // namespace qsdm

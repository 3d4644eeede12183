// One step of each of the proof of work's hashes, over any kind of lane.
// Source: QSDM mining protocol, sections 6 to 9.
#pragma once

#include "keccak.hpp"
#include "one.hpp"

namespace qsdm {

constexpr int WALK_STEPS = 64;
constexpr int ENTRY_BYTES = 32;
constexpr int START_BYTES = 48;

// Table index that a mix leads to: its first four bytes as a big-endian integer.
QSDM_HD uint64_t index_of(uint64_t first_word, uint64_t entries) {
  const uint32_t word = swap32(static_cast<uint32_t>(first_word));
  return entries >> 32 ? word : word % static_cast<uint32_t>(entries);
}

// The entry after `entry`, in place; `index` holds its number, below 2^32.
template <class L>
QSDM_HD void next_entry(typename L::Word (&entry)[4], typename L::Word index) {
  typename L::Word s[25];
  for (int i = 0; i < 4; i++) s[i] = entry[i];
  // 36 bytes: the suffix shares a word with the index.
  s[4] = L::xor2(index, L::splat(SHA3_SUFFIX << 32));
  for (int i = 5; i < 25; i++) s[i] = L::splat(i == RATE_WORDS - 1 ? LAST_BIT : 0);
  keccak_f<L>(s);
  for (int i = 0; i < 4; i++) entry[i] = s[i];
}

// The mix that a walk starts from; header hash and nonce are six words.
template <class L>
QSDM_HD void first_mix(const typename L::Word (&start)[6], typename L::Word (&mix)[4]) {
  typename L::Word s[25];
  for (int i = 0; i < 6; i++) s[i] = start[i];
  hash_block<L, 6>(s);
  for (int i = 0; i < 4; i++) mix[i] = s[i];
}

template <class L>
QSDM_HD void plain_step(typename L::Word (&mix)[4], const typename L::Word (&entry)[4]) {
  typename L::Word s[25];
  for (int i = 0; i < 4; i++) s[i] = mix[i];
  for (int i = 0; i < 4; i++) s[4 + i] = entry[i];
  hash_block<L, 8>(s);
  for (int i = 0; i < 4; i++) mix[i] = s[i];
}

template <class L>
QSDM_HD void tensor_step(typename L::Word (&mix)[4], const typename L::Word (&entry)[4],
                         const typename L::Word (&product)[4]) {
  typename L::Word s[25];
  for (int i = 0; i < 4; i++) s[i] = mix[i];
  for (int i = 0; i < 4; i++) s[4 + i] = entry[i];
  for (int i = 0; i < 4; i++) s[8 + i] = product[i];
  hash_block<L, 12>(s);
  for (int i = 0; i < 4; i++) mix[i] = s[i];
}

// The state before the first permutation of SHAKE256 over "qsdm/pow/v2/matrix", a zero byte and the mix.
template <class L>
QSDM_HD void begin_matrix(const typename L::Word (&mix)[4], typename L::Word (&s)[25]) {
  using Word = typename L::Word;
  // The text takes two words and three bytes, so each word of the mix lies across two of the block.
  constexpr uint64_t LOW = 0xffffff;
  const Word zero = L::splat(0);
  const auto high_part = [&](Word word) { return L::chi(zero, L::splat(LOW), word); };
  const auto low_part = [&](Word word) { return L::chi(zero, L::splat(~LOW), word); };
  Word turned[4];
  for (int i = 0; i < 4; i++) turned[i] = L::template rol<24>(mix[i]);
  s[0] = L::splat(0x776f702f6d647371);                       // qsdm/pow
  s[1] = L::splat(0x7274616d2f32762f);                       // /v2/matr
  s[2] = L::xor2(L::splat(0x007869), high_part(turned[0]));  // ix, zero
  for (int i = 1; i < 4; i++) s[2 + i] = L::xor2(low_part(turned[i - 1]), high_part(turned[i]));
  s[6] = L::xor2(low_part(turned[3]), L::splat(SHAKE_SUFFIX << 24));
  for (int i = 7; i < 25; i++) s[i] = L::splat(i == RATE_WORDS - 1 ? LAST_BIT : 0);
}

// 512 bytes of it.
template <class L>
QSDM_HD void expand_matrix(const typename L::Word (&mix)[4], typename L::Word (&matrix)[64]) {
  typename L::Word s[25];
  begin_matrix<L>(mix, s);
  for (int from = 0; from < 64; from += RATE_WORDS) {
    keccak_f<L>(s);
    for (int i = 0; i < RATE_WORDS && from + i < 64; i++) matrix[from + i] = s[i];
  }
}

}  // namespace qsdm

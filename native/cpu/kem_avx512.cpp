// Hashes in eight lanes; of the arithmetic there is too little for wider vectors to matter.
#include "kem_path.hpp"
#include "lanes_avx512.hpp"
#include "ml_kem/kem.hpp"
#include "ml_kem/shorts_avx2.hpp"
#include "ml_kem/vectors.hpp"

namespace qsdm {

const KemPath AVX512_KEM = make_kem_path<ml_kem::Kem<Avx512, One<512>, ml_kem::Vectors<ml_kem::Shorts16>>>();

}  // namespace qsdm

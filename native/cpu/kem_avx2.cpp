#include "kem_path.hpp"
#include "lanes_avx2.hpp"
#include "ml_kem/kem.hpp"
#include "ml_kem/shorts_avx2.hpp"
#include "ml_kem/vectors.hpp"

namespace qsdm {

const KemPath AVX2_KEM = make_kem_path<ml_kem::Kem<Avx2, One<2>, ml_kem::Vectors<ml_kem::Shorts16>>>();

}  // namespace qsdm

#include "lanes_avx2.hpp"
#include "make_signature_path.hpp"
#include "ml_dsa/ints_avx2.hpp"
#include "ml_dsa/vectors.hpp"

namespace qsdm {

const SignaturePath AVX2_SIGNATURES = make_signature_path<Avx2, One<2>, ml_dsa::Vectors<ml_dsa::Ints8>>();

}  // namespace qsdm

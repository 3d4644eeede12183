#include "lanes_avx512.hpp"
#include "make_signature_path.hpp"
#include "ml_dsa/ints_avx512.hpp"
#include "ml_dsa/vectors.hpp"

namespace qsdm {

const SignaturePath AVX512_SIGNATURES = make_signature_path<Avx512, One<512>, ml_dsa::Vectors<ml_dsa::Ints16>>();

}  // namespace qsdm

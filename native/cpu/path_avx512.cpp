#include "lanes_avx512.hpp"
#include "make_path.hpp"
#include "tensor_avx512.hpp"

namespace qsdm {

const Path AVX512_PATH = make_path<Avx512, One<512>>("avx512");

}  // namespace qsdm

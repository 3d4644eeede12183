#include "lanes_avx2.hpp"
#include "make_path.hpp"
#include "tensor_avx2.hpp"

namespace qsdm {

const Path AVX2_PATH = make_path<Avx2, One<2>>("avx2");

}  // namespace qsdm

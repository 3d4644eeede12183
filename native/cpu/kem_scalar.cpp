#include "kem_path.hpp"
#include "ml_kem/kem.hpp"
#include "ml_kem/plain.hpp"

namespace qsdm {

const KemPath SCALAR_KEM = make_kem_path<ml_kem::Kem<One<0>, One<0>, ml_kem::Plain>>();

}  // namespace qsdm

#include "make_signature_path.hpp"
#include "ml_dsa/plain.hpp"

namespace qsdm {

const SignaturePath SCALAR_SIGNATURES = make_signature_path<One<0>, One<0>, ml_dsa::Plain>();

}  // namespace qsdm

#include "make_path.hpp"

namespace qsdm {

extern const Path SCALAR_PATH;
const Path SCALAR_PATH = make_path<One<0>, One<0>>("scalar");

}  // namespace qsdm

// Small symmetric matrices (a dozen rows), row-major.
#pragma once

#include <cstddef>
#include <vector>

namespace retort {

struct Symmetric {
  explicit Symmetric(size_t rows = 0) : size(rows), values(rows * rows) {}
  double& operator()(size_t i, size_t j) { return values[i * size + j]; }
  double operator()(size_t i, size_t j) const { return values[i * size + j]; }
  size_t size;
  std::vector<double> values;
};

// The symmetric square root of the nearest positive semi-definite matrix: negative eigenvalues become 0 (Higham 1988).
// An unbiased estimate of a covariance by subtraction need not be positive. Cyclic Jacobi.
Symmetric PositiveRoot(const Symmetric& matrix);
Symmetric Squared(const Symmetric& matrix);

}  // namespace retort

#include "core/stats/symmetric.h"

#include <cmath>

namespace retort {

Symmetric PositiveRoot(const Symmetric& matrix) {
  const size_t n = matrix.size;
  Symmetric a = matrix;
  Symmetric q(n);  // columns become eigenvectors
  double norm = 0;
  for (double v : a.values) norm += v * v;
  for (size_t i = 0; i < n; ++i) q(i, i) = 1;
  for (int sweep = 0; sweep < 60; ++sweep) {
    double off = 0;
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j < i; ++j) off += a(i, j) * a(i, j);
    }
    if (off <= 1e-28 * norm) break;
    for (size_t i = 1; i < n; ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (a(i, j) == 0) continue;
        const double theta = (a(j, j) - a(i, i)) / (2 * a(i, j));
        const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::hypot(theta, 1.0));
        const double c = 1 / std::hypot(t, 1.0), s = t * c;
        for (size_t k = 0; k < n; ++k) {
          const double ki = a(k, i), kj = a(k, j);
          a(k, i) = c * ki - s * kj;
          a(k, j) = s * ki + c * kj;
        }
        for (size_t k = 0; k < n; ++k) {
          const double ik = a(i, k), jk = a(j, k);
          a(i, k) = c * ik - s * jk;
          a(j, k) = s * ik + c * jk;
          const double qi = q(k, i), qj = q(k, j);
          q(k, i) = c * qi - s * qj;
          q(k, j) = s * qi + c * qj;
        }
      }
    }
  }
  Symmetric root(n);
  for (size_t e = 0; e < n; ++e) {
    if (a(e, e) <= 0) continue;
    const double value = std::sqrt(a(e, e));
    for (size_t i = 0; i < n; ++i) {
      for (size_t j = 0; j < n; ++j) root(i, j) += value * q(i, e) * q(j, e);
    }
  }
  return root;
}

Symmetric Squared(const Symmetric& matrix) {
  const size_t n = matrix.size;
  Symmetric square(n);
  for (size_t i = 0; i < n; ++i) {
    for (size_t j = 0; j < n; ++j) {
      for (size_t k = 0; k < n; ++k) square(i, j) += matrix(i, k) * matrix(k, j);
    }
  }
  return square;
}

}  // namespace retort

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

// A plain logistic regression for asking what a set of features is worth.
namespace proofmark::testing {

template <std::size_t kFeatures>
class Logistic {
 public:
  using Row = std::array<double, kFeatures>;

  // Both kinds weigh the same in all; L2 penalty on the standardised slopes; Newton's method.
  Logistic(const std::vector<Row>& rows, const std::vector<bool>& same, double penalty) {
    Standardise(rows);
    double n_same = 0.0;
    for (const bool s : same) n_same += s ? 1.0 : 0.0;
    const double n = static_cast<double>(rows.size());
    for (int round = 0; round < 30; ++round) {
      std::array<std::array<double, kSize + 1>, kSize> system{};  // Hessian and gradient.
      for (std::size_t i = 0; i < rows.size(); ++i) {
        const std::array<double, kSize> x = Design(rows[i]);
        const double weight = same[i] ? 0.5 * n / n_same : 0.5 * n / (n - n_same);
        const double p = 1.0 / (1.0 + std::exp(-Sum(x)));
        for (std::size_t a = 0; a < kSize; ++a) {
          for (std::size_t b = 0; b < kSize; ++b) {
            system[a][b] += weight * p * (1.0 - p) * x[a] * x[b];
          }
          system[a][kSize] += weight * ((same[i] ? 1.0 : 0.0) - p) * x[a];
        }
      }
      for (std::size_t a = 1; a < kSize; ++a) {
        system[a][a] += penalty;
        system[a][kSize] -= penalty * beta_[a];
      }
      system[0][0] += 1e-9;
      Step(system);
    }
  }

  double LogOdds(const Row& row) const { return Sum(Design(row)); }
  double slope(std::size_t feature) const { return beta_[feature + 1]; }

 private:
  static constexpr std::size_t kSize = kFeatures + 1;

  void Standardise(const std::vector<Row>& rows) {
    for (std::size_t f = 0; f < kFeatures; ++f) {
      double sum = 0.0, squares = 0.0;
      for (const Row& row : rows) {
        sum += row[f];
        squares += row[f] * row[f];
      }
      const double n = static_cast<double>(rows.size());
      mean_[f] = sum / n;
      scale_[f] = std::sqrt(std::max(1e-12, squares / n - mean_[f] * mean_[f]));
    }
  }
  std::array<double, kSize> Design(const Row& row) const {
    std::array<double, kSize> x{1.0};
    for (std::size_t f = 0; f < kFeatures; ++f) x[f + 1] = (row[f] - mean_[f]) / scale_[f];
    return x;
  }
  double Sum(const std::array<double, kSize>& x) const {
    double sum = 0.0;
    for (std::size_t a = 0; a < kSize; ++a) sum += beta_[a] * x[a];
    return sum;
  }
  void Step(std::array<std::array<double, kSize + 1>, kSize>& m) {  // Gauss; positive definite.
    for (std::size_t c = 0; c < kSize; ++c) {
      for (std::size_t r = 0; r < kSize; ++r) {
        if (r == c) continue;
        const double factor = m[r][c] / m[c][c];
        for (std::size_t k = c; k <= kSize; ++k) m[r][k] -= factor * m[c][k];
      }
    }
    for (std::size_t c = 0; c < kSize; ++c) beta_[c] += m[c][kSize] / m[c][c];
  }

  std::array<double, kFeatures> mean_{};
  std::array<double, kFeatures> scale_{};
  std::array<double, kSize> beta_{};
};

}  // namespace proofmark::testing

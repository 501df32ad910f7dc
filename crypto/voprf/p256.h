// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "base/bytes.h"
#include "base/random.h"
#include "crypto/secret/secret_bytes.h"

struct ec_point_st;

namespace proofmark::crypto {

// Numbers and points of the group P-256 as RFC 9497 writes them. Everything here is pure, and the
// types are safe to read from several threads.
//   Source  docs/references.md#rfc-9497

inline constexpr std::size_t kScalarBytes = 32;
inline constexpr std::size_t kElementBytes = 33;

// An integer in [0, n - 1], n being the order of the group. It may be a key, so it is moved, never
// copied, and wiped.
class Scalar {
 public:
  // kScalarBytes, most significant first.
  //   kInvalidArgument  another length, or n or more.
  static absl::StatusOr<Scalar> Parse(base::ByteSpan bytes);

  // Uniform in [1, n - 1]. Takes kScalarBytes of `random` until they are in that range: a second
  // time with probability 2^-32.
  static Scalar Random(base::Random& random);

  // `bytes`, most significant first and at most 64, modulo n.
  static Scalar Reduce(base::ByteSpan bytes);

  bool IsZero() const;
  base::ByteSpan ExposeForOpenSsl() const { return bytes_.ExposeForOpenSsl(); }

  friend bool operator==(const Scalar&, const Scalar&) = default;

 private:
  explicit Scalar(SecretBytes bytes) : bytes_(std::move(bytes)) {}
  friend Scalar MultiplySubtract(const Scalar& t, const Scalar& c, const Scalar& k);
  friend Scalar Inverse(const Scalar& k);

  SecretBytes bytes_;
};

// t - c k modulo n.
Scalar MultiplySubtract(const Scalar& t, const Scalar& c, const Scalar& k);

// 1 / k modulo n; `k` is not zero.
Scalar Inverse(const Scalar& k);

// A point of the curve, never the identity. A value, cheap to copy; wiped with its last copy, since
// the point of an input tells the input to whoever can try all of them.
class Element {
 public:
  // The compressed form of SEC 1: 0x02 or 0x03, then x, most significant first.
  //   kInvalidArgument  another length or first byte, x not below the field's prime, or no point of
  //                     the curve has this x. The identity has no such form.
  static absl::StatusOr<Element> Parse(std::string_view bytes);

  // Takes over a point that is not the identity.
  explicit Element(std::shared_ptr<const ec_point_st> point);

  std::string_view bytes() const;
  const ec_point_st* ExposeForOpenSsl() const;

  friend bool operator==(const Element& a, const Element& b) { return a.bytes() == b.bytes(); }

 private:
  struct Body;

  std::shared_ptr<const Body> body_;  // Never null.
};

// k p and k times the generator; `k` is not zero. In a time that depends on neither.
Element Multiply(const Scalar& k, const Element& p);
Element MultiplyGenerator(const Scalar& k);

// A product to be added up. A view: both must outlive it.
struct Term {
  const Scalar& factor;
  const Element& point;
};

// The sum of the products, plus `generator_factor` times the generator if that is not null; nullopt
// if it is the identity. At least one term. For public values: it costs a third of the products,
// and its time is promised nothing.
std::optional<Element> LinearCombination(const Scalar* generator_factor,
                                         std::span<const Term> terms);

}  // namespace proofmark::crypto

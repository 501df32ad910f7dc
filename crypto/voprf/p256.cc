// SPDX-License-Identifier: Apache-2.0
// EC_POINTs_mul(), the only sum of many products that OpenSSL has, is deprecated for the sake of
// keys it cannot reach; for points alone there is nothing else.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "crypto/voprf/p256.h"

#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include <array>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "crypto/voprf/p256_handles.h"

namespace proofmark::crypto {
namespace {

const BIGNUM* Order() { return EC_GROUP_get0_order(P256()); }

SecretBytes ScalarBytes(const BIGNUM* number) {
  SecretBytes bytes = SecretBytes::OfSize(kScalarBytes);
  WriteNumber(number, bytes.ExposeForFilling());
  return bytes;
}

absl::Status NoElement(std::string_view why) {
  return absl::InvalidArgumentError(absl::StrFormat("group element: %s", why));
}

}  // namespace

const EC_GROUP* P256() {
  static const EC_GROUP* const group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  PM_CHECK(group != nullptr);
  return group;
}

EcPointHandle NewPoint() {
  EcPointHandle point(EC_POINT_new(P256()));
  PM_CHECK(point != nullptr);
  return point;
}

// ---- Scalars ----

absl::StatusOr<Scalar> Scalar::Parse(base::ByteSpan bytes) {
  if (bytes.size() != kScalarBytes) {
    return absl::InvalidArgumentError(
        absl::StrFormat("scalar: %d bytes, not %d", bytes.size(), kScalarBytes));
  }
  BnScratch scratch;
  if (BN_ucmp(scratch.FromBytes(bytes), Order()) >= 0) {
    return absl::InvalidArgumentError("scalar: not below the order of the group");
  }
  return Scalar(SecretBytes::CopyOf(bytes));
}

Scalar Scalar::Random(base::Random& random) {
  while (true) {
    absl::StatusOr<Scalar> scalar =
        Parse(SecretBytes::Random(kScalarBytes, random).ExposeForOpenSsl());
    if (scalar.ok() && !scalar->IsZero()) return *std::move(scalar);
  }
}

Scalar Scalar::Reduce(base::ByteSpan bytes) {
  PM_CHECK(bytes.size() <= 64);
  BnScratch scratch;
  BIGNUM* const reduced = scratch.New();
  PM_CHECK(BN_nnmod(reduced, scratch.FromBytes(bytes), Order(), scratch.context()) == 1);
  return Scalar(ScalarBytes(reduced));
}

bool Scalar::IsZero() const { return bytes_ == SecretBytes::OfSize(kScalarBytes); }

Scalar MultiplySubtract(const Scalar& t, const Scalar& c, const Scalar& k) {
  BnScratch scratch;
  BIGNUM* const result = scratch.New();
  PM_CHECK(BN_mod_mul(result, scratch.FromBytes(c.ExposeForOpenSsl()),
                      scratch.FromBytes(k.ExposeForOpenSsl()), Order(), scratch.context()) == 1);
  PM_CHECK(BN_mod_sub(result, scratch.FromBytes(t.ExposeForOpenSsl()), result, Order(),
                      scratch.context()) == 1);
  return Scalar(ScalarBytes(result));
}

// As k^(n-2): the time of Euclid's algorithm would depend on k.
Scalar Inverse(const Scalar& k) {
  PM_CHECK(!k.IsZero());
  BnScratch scratch;
  BIGNUM* const exponent = scratch.New();
  PM_CHECK(BN_copy(exponent, Order()) != nullptr && BN_sub_word(exponent, 2) == 1);
  BIGNUM* const result = scratch.New();
  PM_CHECK(BN_mod_exp_mont_consttime(result, scratch.FromBytes(k.ExposeForOpenSsl()), exponent,
                                     Order(), scratch.context(), nullptr) == 1);
  return Scalar(ScalarBytes(result));
}

// ---- Elements ----

struct Element::Body {
  ~Body() { OPENSSL_cleanse(bytes.data(), bytes.size()); }

  std::shared_ptr<const EC_POINT> point;
  std::array<char, kElementBytes> bytes;
};

Element::Element(std::shared_ptr<const ec_point_st> point) {
  const auto body = std::make_shared<Body>();
  BnScratch scratch;
  PM_CHECK(EC_POINT_point2oct(P256(), point.get(), POINT_CONVERSION_COMPRESSED,
                              reinterpret_cast<unsigned char*>(body->bytes.data()), kElementBytes,
                              scratch.context()) == kElementBytes);
  body->point = std::move(point);
  body_ = body;
}

absl::StatusOr<Element> Element::Parse(std::string_view bytes) {
  if (bytes.size() != kElementBytes) {
    return NoElement(absl::StrFormat("%d bytes, not %d", bytes.size(), kElementBytes));
  }
  if (bytes.front() != '\x02' && bytes.front() != '\x03') {
    return NoElement("does not begin with 02 or 03, as the compressed form does");
  }
  BnScratch scratch;
  EcPointHandle point = NewPoint();
  // Refuses what is not below the prime, too.
  if (EC_POINT_oct2point(P256(), point.get(), reinterpret_cast<const unsigned char*>(bytes.data()),
                         bytes.size(), scratch.context()) != 1) {
    ERR_clear_error();
    return NoElement("no point of the curve P-256");
  }
  return Element(std::shared_ptr<const EC_POINT>(std::move(point)));
}

std::string_view Element::bytes() const { return {body_->bytes.data(), body_->bytes.size()}; }
const ec_point_st* Element::ExposeForOpenSsl() const { return body_->point.get(); }

Element Multiply(const Scalar& k, const Element& p) {
  PM_CHECK(!k.IsZero());
  BnScratch scratch;
  EcPointHandle product = NewPoint();
  PM_CHECK(EC_POINT_mul(P256(), product.get(), nullptr, p.ExposeForOpenSsl(),
                        scratch.FromBytes(k.ExposeForOpenSsl()), scratch.context()) == 1);
  return Element(std::shared_ptr<const EC_POINT>(std::move(product)));
}

Element MultiplyGenerator(const Scalar& k) {
  PM_CHECK(!k.IsZero());
  BnScratch scratch;
  EcPointHandle product = NewPoint();
  PM_CHECK(EC_POINT_mul(P256(), product.get(), scratch.FromBytes(k.ExposeForOpenSsl()), nullptr,
                        nullptr, scratch.context()) == 1);
  return Element(std::shared_ptr<const EC_POINT>(std::move(product)));
}

std::optional<Element> LinearCombination(const Scalar* generator_factor,
                                         std::span<const Term> terms) {
  PM_CHECK(!terms.empty());
  BnScratch scratch;
  std::vector<const BIGNUM*> factors;
  std::vector<const EC_POINT*> points;
  for (const Term& term : terms) {
    factors.push_back(scratch.FromBytes(term.factor.ExposeForOpenSsl()));
    points.push_back(term.point.ExposeForOpenSsl());
  }
  const BIGNUM* const generator_number =
      generator_factor == nullptr ? nullptr
                                  : scratch.FromBytes(generator_factor->ExposeForOpenSsl());
  EcPointHandle sum = NewPoint();
  PM_CHECK(EC_POINTs_mul(P256(), sum.get(), generator_number, points.size(), points.data(),
                         factors.data(), scratch.context()) == 1);
  if (EC_POINT_is_at_infinity(P256(), sum.get()) == 1) return std::nullopt;
  return Element(std::shared_ptr<const EC_POINT>(std::move(sum)));
}

}  // namespace proofmark::crypto

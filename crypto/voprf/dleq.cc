// SPDX-License-Identifier: Apache-2.0
#include "crypto/voprf/dleq.h"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "crypto/voprf/hash_to_curve.h"

namespace proofmark::crypto {
namespace {

std::string ScalarDomain(std::string_view context) {
  return std::string("HashToScalar-").append(context);
}

// The factors that make one pair of points of the whole batch (ComputeComposites).
std::vector<Scalar> BatchFactors(std::string_view context, const Element& public_key,
                                 std::span<const Element> points,
                                 std::span<const Element> multiplied) {
  std::string seed_text;
  base::AppendLp2(seed_text, public_key.bytes());
  base::AppendLp2(seed_text, std::string("Seed-").append(context));
  const Sha256Digest seed = Sha256(seed_text);
  std::vector<Scalar> factors;
  for (std::size_t i = 0; i < points.size(); ++i) {
    std::string text;
    base::AppendLp2(text, AsText(seed));
    base::AppendU16Be(text, static_cast<std::uint16_t>(i));
    base::AppendLp2(text, points[i].bytes());
    base::AppendLp2(text, multiplied[i].bytes());
    text += "Composite";
    factors.push_back(HashToScalar(text, ScalarDomain(context)));
  }
  return factors;
}

std::optional<Element> Composite(const std::vector<Scalar>& factors,
                                 std::span<const Element> elements) {
  std::vector<Term> terms;
  for (std::size_t i = 0; i < elements.size(); ++i) terms.push_back({factors[i], elements[i]});
  return LinearCombination(nullptr, terms);
}

struct Claim {
  const Element& public_key;
  const Element& point;       // M, of the points.
  const Element& multiplied;  // Z, of the multiplied ones.
};

// The challenge over both commitments: t times the generator, t times M.
Scalar Challenge(std::string_view context, const Claim& claim, const Element& generator_commitment,
                 const Element& point_commitment) {
  std::string text;
  for (const Element* element : {&claim.public_key, &claim.point, &claim.multiplied,
                                 &generator_commitment, &point_commitment}) {
    base::AppendLp2(text, element->bytes());
  }
  text += "Challenge";
  return HashToScalar(text, ScalarDomain(context));
}

absl::Status Refused() {
  return absl::UnauthenticatedError(
      "batch proof: does not hold; another key, other elements or another order");
}

}  // namespace

absl::StatusOr<DleqProof> DleqProof::Parse(std::string_view bytes) {
  if (bytes.size() != kDleqProofBytes) {
    return absl::InvalidArgumentError(
        absl::StrFormat("batch proof: %d bytes, not %d", bytes.size(), kDleqProofBytes));
  }
  absl::StatusOr<Scalar> challenge = Scalar::Parse(base::AsBytes(bytes.substr(0, kScalarBytes)));
  absl::StatusOr<Scalar> response = Scalar::Parse(base::AsBytes(bytes.substr(kScalarBytes)));
  if (!challenge.ok() || !response.ok()) {
    return absl::InvalidArgumentError("batch proof: a scalar is not below the order of the group");
  }
  return DleqProof{*std::move(challenge), *std::move(response)};
}

std::string DleqProof::ToBytes() const {
  std::string bytes(base::AsText(challenge.ExposeForOpenSsl()));
  return bytes.append(base::AsText(response.ExposeForOpenSsl()));
}

DleqProof ProveDleq(std::string_view context, const Scalar& key, const Element& public_key,
                    std::span<const Element> points, std::span<const Element> multiplied,
                    base::Random& random) {
  PM_CHECK(!points.empty() && points.size() <= kDleqBatchMax && points.size() == multiplied.size());
  const std::vector<Scalar> factors = BatchFactors(context, public_key, points, multiplied);
  const std::optional<Element> point = Composite(factors, points);
  PM_CHECK(point.has_value());  // The factors are hashes of the points: one chance in 2^256.
  const Element product = Multiply(key, *point);
  const Scalar t = Scalar::Random(random);
  Scalar challenge =
      Challenge(context, {public_key, *point, product}, MultiplyGenerator(t), Multiply(t, *point));
  Scalar response = MultiplySubtract(t, challenge, key);
  return {std::move(challenge), std::move(response)};
}

absl::Status VerifyDleq(std::string_view context, const Element& public_key,
                        std::span<const Element> points, std::span<const Element> multiplied,
                        const DleqProof& proof) {
  if (points.empty() || points.size() > kDleqBatchMax || points.size() != multiplied.size()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("batch proof: %d elements came for %d, of which there may be 1 to %d",
                        multiplied.size(), points.size(), kDleqBatchMax));
  }
  const std::vector<Scalar> factors = BatchFactors(context, public_key, points, multiplied);
  const std::optional<Element> point = Composite(factors, points);
  const std::optional<Element> product = Composite(factors, multiplied);
  if (!point.has_value() || !product.has_value()) return Refused();
  const Term of_key[] = {{proof.challenge, public_key}};
  const Term of_batch[] = {{proof.response, *point}, {proof.challenge, *product}};
  const std::optional<Element> generator_commitment = LinearCombination(&proof.response, of_key);
  const std::optional<Element> point_commitment = LinearCombination(nullptr, of_batch);
  if (!generator_commitment.has_value() || !point_commitment.has_value()) return Refused();
  const Scalar challenge =
      Challenge(context, {public_key, *point, *product}, *generator_commitment, *point_commitment);
  return challenge == proof.challenge ? absl::OkStatus() : Refused();
}

}  // namespace proofmark::crypto

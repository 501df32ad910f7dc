// SPDX-License-Identifier: Apache-2.0
// The first byte chooses a parser of the private look-up, the rest is its input. What is read has
// one spelling only, and no proof holds but the one that was made.
//   a  element    b  what to change in a proof    c  header of a table, its rows added here    d
//   label
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "base/random.h"
#include "crypto/hash/sha256.h"
#include "crypto/lookup/row.h"
#include "crypto/lookup/snapshot.h"
#include "crypto/voprf/dleq.h"
#include "crypto/voprf/voprf.h"

namespace {

using namespace proofmark;
using namespace proofmark::crypto;

class Sevens final : public base::Random {
 public:
  void Fill(std::span<std::byte> out) override { std::ranges::fill(out, std::byte{7}); }
};

Sevens& Chance() {
  static Sevens chance;
  return chance;
}

void AnElement(std::string_view input) {
  const auto element = Element::Parse(input);
  if (!element.ok()) return;
  PM_CHECK(element->bytes() == input);
  const Scalar k = Scalar::Random(Chance());
  PM_CHECK(Multiply(Inverse(k), Multiply(k, *element)) == *element);
}

struct HonestBatch {
  VoprfKey key = *VoprfKey::Derive(SecretBytes::OfSize(kVoprfSeedBytes), "fuzz");
  std::vector<BlindedInput> inputs;
  std::vector<Element> elements;
  std::string proof;
};

const HonestBatch& Honest() {
  static const HonestBatch honest = [] {
    HonestBatch batch;
    batch.inputs.push_back(*VoprfBlind("input", Chance()));
    const auto evaluation = batch.key.BlindEvaluate(std::vector{batch.inputs[0].element}, Chance());
    batch.elements = evaluation->elements;
    batch.proof = evaluation->proof.ToBytes();
    return batch;
  }();
  return honest;
}

// The honest proof with the bits of the input flipped: without any it holds.
void AProof(std::string_view flips) {
  std::string bytes = Honest().proof;
  bytes.resize(flips.size());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<char>(bytes[i] ^ flips[i]);
  }
  auto proof = DleqProof::Parse(bytes);
  if (!proof.ok()) return;
  PM_CHECK(proof->ToBytes() == bytes);
  const auto outputs = VoprfFinalize(Honest().inputs, {Honest().elements, *std::move(proof)},
                                     Honest().key.public_key());
  PM_CHECK(outputs.ok() == (bytes == Honest().proof));
}

// The smallest number of rows, ascending.
const std::string& Rows() {
  static const std::string rows = [] {
    std::string text;
    for (std::uint32_t i = 0; i < kSnapshotRowsStep; ++i) {
      base::AppendU32Be(text, i);
      text.append(kLookupRowBytes - 4, 'r');
    }
    return text;
  }();
  return rows;
}

void ATable(std::string_view header) {
  static const std::string tail = std::string(AsText(Sha256(Rows()))) + Rows();
  const std::string bytes = std::string(header) + tail;
  const auto table = LookupSnapshot::Parse(bytes);
  if (!table.ok()) return;
  PM_CHECK(table->row_count() == kSnapshotRowsStep);
  const SnapshotHeader& read = table->header();
  PM_CHECK(CheckLookupTerms(read.terms).ok() && read.created_unix_ms >= 0);
  PM_CHECK(header.size() == 77 + read.terms.responder_id.size() + read.terms.querier_id.size());
  PM_CHECK(table->Find(SecretBytes::OfSize(kVoprfOutputBytes))->empty());
}

void ALabel(std::string_view input) {
  LookupLabelBytes bytes{};
  if (input.size() != bytes.size()) return;
  std::ranges::copy(base::AsBytes(input), bytes.begin());
  const auto label = ParseLookupLabel(bytes);
  if (label.ok()) PM_CHECK(ToBytes(*label) == bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    case 'a':
      AnElement(input);
      break;
    case 'b':
      AProof(input);
      break;
    case 'c':
      ATable(input);
      break;
    case 'd':
      ALabel(input);
      break;
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "crypto/hash/sha256.h"
#include "forensics/cartridge/bullet_or_case.h"
#include "server/federation/likeness.h"

namespace proofmark::match {

// What is kept of a partner's question so that its later ones can be told to be the same probe
// changed a little: 64 bytes a mark, from which nobody without the node's secret learns anything.
//
// A mark is a vector of at most 1 024 cells (a land's heights in steps of 12.5 um; a relief on
// squares of ten samples), hard-limited, so that a spike or a louder half changes little. Its 512
// bits are the signs of keyed random projections: two marks of correlation r differ in a share
// acos(r) / pi of them. A new question is held against earlier ones in every position (lands
// within 150 um of where their middles meet and end for end, reliefs at every turn), every mark
// against every mark: neither the order of lands nor a shift, a turn or junk beside one mark hides
// it.
inline constexpr std::size_t kSketchBits = 512;
inline constexpr std::size_t kSketchMarkBytes = kSketchBits / 8;
using SketchBits = std::array<std::uint64_t, kSketchBits / 64>;

// What a mark of a sketch is; marks of different sorts are never alike. Stored; never renumber.
enum class SketchedMark : std::uint8_t {
  kLand = 1,  // Of a bullet.
  kBreechFace = 2,
  kFiringPin = 3,
  kApertureShear = 4,
  kEjector = 5,
};

// Bits that differ, at the most, of marks that are alike and that are kin. Measured:
// docs/design/oracle-hardening.md.
struct SketchRadius {
  int alike = 0;
  int kin = 0;
};
SketchRadius RadiusOf(SketchedMark mark);

// One projection for all questions of a node, drawn from its secret. Constant; thread-safe.
class SketchKey {
 public:
  // `seed` of AnswerKey::SketchSeed.
  explicit SketchKey(const crypto::Sha256Digest& seed);

  // The signs of the projections of `cells`, which are within [-192, 192].
  static constexpr std::size_t kCells = 1024;
  using Cells = std::array<std::int32_t, kCells>;
  SketchBits Project(const Cells& cells) const;

 private:
  std::array<std::uint16_t, kCells> place_{};  // Where a cell goes before the transform,
  std::array<std::int8_t, kCells> sign_{};     // and with which sign.
};

// A partner's question in every position in which it is held against earlier ones.
//   Cost      0.7 ms a land, 115 ms a relief.
//   Threads   Pure.
class SketchedQuery {
 public:
  // `signature` within its bounds, as wire::ParseMatchQuestion leaves it.
  SketchedQuery(const SketchKey& key, const forensics::BallisticSignature& signature);

  // What is kept: for each mark its sort (1 byte) and its bits (64).
  const std::string& bytes() const { return bytes_; }

  // A few bits for AnswerKey::BorderShift: the same for questions that differ by next to nothing,
  // in whatever order their marks come.
  const std::string& coarse() const { return coarse_; }

  // The closest pair of marks decides. Damaged or empty bytes are apart from everything.
  //   Cost      13 us for two bullets of six lands.
  federation::Likeness Compare(std::string_view earlier) const;

  // Of marks of one sort, the fewest bits that differ; kSketchBits without any. For measurements.
  int Distance(SketchedMark mark, std::string_view earlier) const;

 private:
  struct Mark {
    SketchedMark sort;
    std::vector<SketchBits> positions;
  };

  std::vector<Mark> marks_;
  std::string bytes_;
  std::string coarse_;
};

// kDataLoss unless `bytes` are as SketchedQuery::bytes gives them.
absl::Status CheckSketch(std::string_view bytes);

}  // namespace proofmark::match

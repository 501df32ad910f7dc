// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace proofmark::forensics::x3p {

// Elements, texts, comments and the like; points in the document not counted.
inline constexpr std::int64_t kNodesMax = 10'000;
inline constexpr int kDepthMax = 32;

// A document cut in two: what a tree is built of, and the points, which are far too many for one.
struct SplitDocument {
  std::string without_points;  // The document with every DataList emptied.
  std::string_view points;     // Inside of the only DataList; a view of the document.
  bool has_points = false;
};

// Walks over the markup once and bounds it before a tree is built.
//
//   Errors  kInvalidArgument    not well-formed as far as this walk sees; a document type or entity
//                               declaration of any kind; an element inside DataList that is not
//                               Datum; a second DataList. Names the byte.
//           kResourceExhausted  deeper than kDepthMax, more than kNodesMax nodes, more than
//                               `tree_bytes_max` outside DataList.
absl::StatusOr<SplitDocument> SplitPoints(std::string_view document, std::int64_t tree_bytes_max);

// Steps through the points of a DataList.
class DatumReader {
 public:
  // `points` as SplitPoints gave it; it must outlive the reader.
  explicit DatumReader(std::string_view points) : points_(points) {}

  // Sets `datum` to the text of the next Datum, empty for an empty one. False at the end.
  bool Next(std::string_view* datum);

 private:
  std::string_view points_;
  std::size_t at_ = 0;
};

}  // namespace proofmark::forensics::x3p

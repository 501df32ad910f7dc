// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "base/bytes.h"
#include "forensics/x3p/document.h"

namespace proofmark::forensics::x3p {

inline constexpr std::size_t kAnnotationsMax = 255;

// The annotation mask of one scan.
struct Mask {
  std::vector<std::uint8_t> index;         // One a point: place in `annotations` + 1, 0 for none.
  std::vector<X3pAnnotation> annotations;  // In order of first appearance, row by row.
};

// Decodes the PNG of an annotation mask. Points in the background colour or fully transparent are
// not annotated. The header is checked before a pixel is decoded.
//
//   kInvalidArgument    not a PNG of exactly document.width x document.height with 8-bit colours
//                       (RGB, palette, RGB and alpha), or damaged.
//   kResourceExhausted  more than kAnnotationsMax colours.
absl::StatusOr<Mask> DecodeMask(base::ByteSpan png, const Document& document);

}  // namespace proofmark::forensics::x3p

// SPDX-License-Identifier: Apache-2.0
#include "forensics/x3p/mask.h"

#include <spng.h>

#include <algorithm>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "forensics/x3p/archive.h"

namespace proofmark::forensics::x3p {
namespace {

struct ContextFreer {
  void operator()(spng_ctx* context) const { spng_ctx_free(context); }
};
using Context = std::unique_ptr<spng_ctx, ContextFreer>;

absl::Status Refused(const std::string& why) {
  return absl::InvalidArgumentError("mask.png: " + why);
}

absl::Status CheckHeader(spng_ctx* context, const Document& document) {
  spng_ihdr header;
  if (const int error = spng_get_ihdr(context, &header); error != 0) {
    return Refused(spng_strerror(error));
  }
  if (header.width != document.width || header.height != document.height) {
    return Refused(absl::StrFormat("%u x %u pixels, but the scan has %d x %d points", header.width,
                                   header.height, document.width, document.height));
  }
  const bool known_colours = header.color_type == SPNG_COLOR_TYPE_TRUECOLOR ||
                             header.color_type == SPNG_COLOR_TYPE_INDEXED ||
                             header.color_type == SPNG_COLOR_TYPE_TRUECOLOR_ALPHA;
  if (header.bit_depth != 8 || !known_colours) {
    return Refused(absl::StrFormat(
        "colour type %u with %u bits, expected 8-bit RGB, palette or RGB with alpha",
        header.color_type, header.bit_depth));
  }
  return absl::OkStatus();
}

// Numbers the colours in the order they appear.
class Palette {
 public:
  explicit Palette(const Document& document) : document_(document) {}

  // The index of `colour` (0xrrggbb), or -1 when there are too many.
  int IndexOf(std::uint32_t colour) {
    if (colour == last_colour_) return last_index_;
    const auto [found, added] = indices_.try_emplace(colour, 0);
    if (added) {
      const std::string name = absl::StrFormat("#%06x", colour);
      // Writers append an alpha of ff, or not.
      const auto same = [&](const std::string& other) {
        return other == name || other == name + "ff";
      };
      if (!same(document_.mask_background)) {
        if (annotations_.size() == kAnnotationsMax) return -1;
        const auto label = std::find_if(document_.mask_labels.begin(), document_.mask_labels.end(),
                                        [&](const auto& entry) { return same(entry.first); });
        annotations_.push_back(
            {name, label == document_.mask_labels.end() ? std::string() : label->second, 0});
        found->second = static_cast<int>(annotations_.size());
      }
    }
    last_colour_ = colour;
    last_index_ = found->second;
    return last_index_;
  }
  std::vector<X3pAnnotation>& annotations() { return annotations_; }

 private:
  const Document& document_;
  std::unordered_map<std::uint32_t, int> indices_;
  std::vector<X3pAnnotation> annotations_;
  std::uint32_t last_colour_ = 0xFFFFFFFF;  // No colour has 32 bits.
  int last_index_ = 0;
};

}  // namespace

absl::StatusOr<Mask> DecodeMask(base::ByteSpan png, const Document& document) {
  const Context context(spng_ctx_new(0));
  if (context == nullptr) return absl::ResourceExhaustedError("mask.png: no memory");
  constexpr std::size_t kChunkBytesMax = 1 << 20;  // Of texts and profiles, which nobody reads.
  spng_set_chunk_limits(context.get(), std::max(kChunkBytesMax, png.size()), kChunkBytesMax);
  spng_set_image_limits(context.get(), static_cast<std::uint32_t>(kSizeMax),
                        static_cast<std::uint32_t>(kSizeMax));
  if (const int error = spng_set_png_buffer(context.get(), png.data(), png.size()); error != 0) {
    return Refused(spng_strerror(error));
  }
  PM_RETURN_IF_ERROR(CheckHeader(context.get(), document));
  constexpr std::size_t kPixelBytes = 4;
  Buffer pixels(static_cast<std::size_t>(document.points) * kPixelBytes);
  if (const int error = spng_decode_image(context.get(), pixels.data(), pixels.span().size(),
                                          SPNG_FMT_RGBA8, SPNG_DECODE_TRNS);
      error != 0) {
    return Refused(spng_strerror(error));
  }
  Mask mask;
  mask.index.resize(static_cast<std::size_t>(document.points));
  Palette palette(document);
  const std::byte* pixel = pixels.span().data();
  for (std::uint8_t& point : mask.index) {
    if (pixel[3] != std::byte{0}) {
      const int index = palette.IndexOf(std::to_integer<std::uint32_t>(pixel[0]) << 16 |
                                        std::to_integer<std::uint32_t>(pixel[1]) << 8 |
                                        std::to_integer<std::uint32_t>(pixel[2]));
      if (index < 0) {
        return absl::ResourceExhaustedError(
            absl::StrFormat("mask.png: more than %d colours", kAnnotationsMax));
      }
      point = static_cast<std::uint8_t>(index);
    }
    pixel += kPixelBytes;
  }
  mask.annotations = std::move(palette.annotations());
  for (const std::uint8_t index : mask.index) {
    if (index != 0) ++mask.annotations[index - 1].points;
  }
  return mask;
}

}  // namespace proofmark::forensics::x3p

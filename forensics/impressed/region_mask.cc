// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/region_mask.h"

#include <cctype>
#include <optional>
#include <string>
#include <string_view>

namespace proofmark::forensics {
namespace {

// Lower case, letters only: "Breech-Face" and "breech face" are one.
std::string Letters(std::string_view label) {
  std::string out;
  for (const char c : label) {
    if (c >= 'a' && c <= 'z') out.push_back(c);
    if (c >= 'A' && c <= 'Z') out.push_back(static_cast<char>(c - 'A' + 'a'));
  }
  return out;
}

std::string_view RegionName(ImpressedRegion region) {
  switch (region) {
    case ImpressedRegion::kBreechFace:
      return "breechface";
    case ImpressedRegion::kFiringPin:
      return "firingpin";
    case ImpressedRegion::kApertureShear:
      return "apertureshear";
    case ImpressedRegion::kEjector:
      return "ejector";
  }
  return "";
}

// Shade 0..255 of a grey colour "#rrggbb", nullopt of any other.
std::optional<int> Grey(std::string_view colour) {
  if (colour.size() != 7 || colour.substr(1, 2) != colour.substr(3, 2) ||
      colour.substr(1, 2) != colour.substr(5, 2)) {
    return std::nullopt;
  }
  int value = 0;
  for (const char c : colour.substr(1, 2)) {
    if (std::isxdigit(static_cast<unsigned char>(c)) == 0) return std::nullopt;
    value = value * 16 + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return value;
}

// Of a mask in unlabelled greys the brightest, if there are two at least or it is not black.
std::optional<std::size_t> Brightest(const std::vector<X3pAnnotation>& annotations) {
  std::optional<std::size_t> brightest;
  int shade = 0;
  for (std::size_t i = 0; i < annotations.size(); ++i) {
    const std::optional<int> grey = Grey(annotations[i].colour);
    if (!annotations[i].label.empty() || !grey) return std::nullopt;
    if (*grey > shade) {
      shade = *grey;
      brightest = i;
    }
  }
  return brightest;
}

}  // namespace

std::vector<std::uint8_t> RegionMask(const X3pScan& scan, ImpressedRegion region) {
  if (scan.mask.empty() || scan.mask.size() != scan.map.height_um.size()) return {};
  std::vector<bool> chosen(scan.annotations.size(), false);
  bool any = false;
  const auto choose = [&](std::size_t i) { any = chosen[i] = true; };
  for (std::size_t i = 0; i < scan.annotations.size(); ++i) {
    if (Letters(scan.annotations[i].label).find(RegionName(region)) != std::string::npos) choose(i);
  }
  if (!any && region == ImpressedRegion::kBreechFace) {
    for (std::size_t i = 0; i < scan.annotations.size(); ++i) {
      if (scan.annotations[i].colour == "#ff0000" && scan.annotations[i].label.empty()) choose(i);
    }
    if (!any) {
      if (const auto brightest = Brightest(scan.annotations)) choose(*brightest);
    }
  }
  if (!any) return {};
  std::vector<std::uint8_t> mask(scan.mask.size(), 0);
  for (std::size_t i = 0; i < mask.size(); ++i) {
    const std::size_t index = scan.mask[i];
    mask[i] = index > 0 && index <= chosen.size() && chosen[index - 1] ? 1 : 0;
  }
  return mask;
}

}  // namespace proofmark::forensics

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

// Class characteristics that a person reads off a cartridge case. "Not determined" has no value
// here: the characteristic is then absent. Stored and sent; never renumber.
namespace proofmark::records {

enum class FiringPinShape : std::int32_t {
  kHemispherical = 1,
  kFlat = 2,
  kElliptical = 3,
  kRectangular = 4,
  kSemicircular = 5,
  kChisel = 6,
  kConical = 7,
  kOther = 8,
};
inline constexpr std::array kFiringPinShapes = {
    FiringPinShape::kHemispherical, FiringPinShape::kFlat,         FiringPinShape::kElliptical,
    FiringPinShape::kRectangular,   FiringPinShape::kSemicircular, FiringPinShape::kChisel,
    FiringPinShape::kConical,       FiringPinShape::kOther};
std::string_view CodeOf(FiringPinShape shape);  // "HEMISPHERICAL", ...
std::optional<FiringPinShape> FindFiringPinShape(std::string_view code);

enum class ApertureShape : std::int32_t { kCircular = 1, kRectangular = 2, kElliptical = 3 };
inline constexpr std::array kApertureShapes = {
    ApertureShape::kCircular, ApertureShape::kRectangular, ApertureShape::kElliptical};
std::string_view CodeOf(ApertureShape shape);
std::optional<ApertureShape> FindApertureShape(std::string_view code);

// How the breech face was machined, as its impression shows it.
enum class BreechFaceClass : std::int32_t {
  kParallel = 1,
  kArched = 2,
  kCircular = 3,
  kCrosshatch = 4,
  kGranular = 5,
  kSmooth = 6,
  kMixed = 7,
};
inline constexpr std::array kBreechFaceClasses = {
    BreechFaceClass::kParallel,   BreechFaceClass::kArched,   BreechFaceClass::kCircular,
    BreechFaceClass::kCrosshatch, BreechFaceClass::kGranular, BreechFaceClass::kSmooth,
    BreechFaceClass::kMixed};
std::string_view CodeOf(BreechFaceClass face);
std::optional<BreechFaceClass> FindBreechFaceClass(std::string_view code);

}  // namespace proofmark::records

// SPDX-License-Identifier: Apache-2.0
#include "records/case_class.h"

#include "base/check.h"

namespace proofmark::records {
namespace {

template <typename Value, std::size_t kCount>
std::optional<Value> Find(const std::array<Value, kCount>& values, std::string_view code) {
  for (const Value value : values) {
    if (CodeOf(value) == code) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view CodeOf(FiringPinShape shape) {
  switch (shape) {
    case FiringPinShape::kHemispherical:
      return "HEMISPHERICAL";
    case FiringPinShape::kFlat:
      return "FLAT";
    case FiringPinShape::kElliptical:
      return "ELLIPTICAL";
    case FiringPinShape::kRectangular:
      return "RECTANGULAR";
    case FiringPinShape::kSemicircular:
      return "SEMICIRCULAR";
    case FiringPinShape::kChisel:
      return "CHISEL";
    case FiringPinShape::kConical:
      return "CONICAL";
    case FiringPinShape::kOther:
      return "OTHER";
  }
  PM_CHECK(false);
}

std::string_view CodeOf(ApertureShape shape) {
  switch (shape) {
    case ApertureShape::kCircular:
      return "CIRCULAR";
    case ApertureShape::kRectangular:
      return "RECTANGULAR";
    case ApertureShape::kElliptical:
      return "ELLIPTICAL";
  }
  PM_CHECK(false);
}

std::string_view CodeOf(BreechFaceClass face) {
  switch (face) {
    case BreechFaceClass::kParallel:
      return "PARALLEL";
    case BreechFaceClass::kArched:
      return "ARCHED";
    case BreechFaceClass::kCircular:
      return "CIRCULAR";
    case BreechFaceClass::kCrosshatch:
      return "CROSSHATCH";
    case BreechFaceClass::kGranular:
      return "GRANULAR";
    case BreechFaceClass::kSmooth:
      return "SMOOTH";
    case BreechFaceClass::kMixed:
      return "MIXED";
  }
  PM_CHECK(false);
}

std::optional<FiringPinShape> FindFiringPinShape(std::string_view code) {
  return Find(kFiringPinShapes, code);
}
std::optional<ApertureShape> FindApertureShape(std::string_view code) {
  return Find(kApertureShapes, code);
}
std::optional<BreechFaceClass> FindBreechFaceClass(std::string_view code) {
  return Find(kBreechFaceClasses, code);
}

}  // namespace proofmark::records

// SPDX-License-Identifier: Apache-2.0
#include "client/cli/class_options.h"

#include <optional>
#include <span>
#include <string>

#include "absl/strings/str_format.h"
#include "client/fault.h"
#include "records/codes.h"

namespace proofmark::client::cli {
namespace {

template <typename Value, std::size_t kCount>
std::vector<std::string> CodesOf(std::span<const Value, kCount> values) {
  std::vector<std::string> codes;
  for (const Value value : values) codes.emplace_back(records::CodeOf(value));
  return codes;
}

}  // namespace

std::vector<Parameter> ClassOptions() {
  return {{.name = "--calibre", .help = "Calibre: code or name.", .value_name = "TEXT"},
          {.name = "--land-count",
           .help = "Number of lands, where the scans do not show all.",
           .kind = ValueKind::kInteger,
           .min = 1,
           .max = records::kLandsMax},
          {.name = "--twist",
           .help = "Direction of twist.",
           .value_name = "SIDE",
           .choices = {"right", "left"}},
          {.name = "--rifling",
           .help = "Type of rifling.",
           .value_name = "TYPE",
           .choices = {"conventional", "polygonal", "microgroove"}},
          {.name = "--firing-pin-shape",
           .help = "Of a case: shape of the firing-pin impression.",
           .value_name = "CODE",
           .choices = CodesOf(std::span(records::kFiringPinShapes))},
          {.name = "--aperture-shape",
           .help = "Of a case: shape of the firing-pin aperture.",
           .value_name = "CODE",
           .choices = CodesOf(std::span(records::kApertureShapes))},
          {.name = "--breech-face-class",
           .help = "Of a case: how the breech face was machined.",
           .value_name = "CODE",
           .choices = CodesOf(std::span(records::kBreechFaceClasses))}};
}

absl::Status ReadClass(const Arguments& arguments, records::ClassCharacteristics& known) {
  if (arguments.Has("--calibre")) {
    const std::optional<records::Calibre> calibre =
        records::FindCalibre(arguments.Text("--calibre"));
    if (!calibre.has_value()) {
      return MakeFault(FaultCode::kUsage,
                       absl::StrFormat("--calibre: \"%s\" is not in the list of calibres",
                                       arguments.Text("--calibre")));
    }
    known.calibre_code = calibre->code;
    known.bullet_class = calibre->bullet_class;
  }
  if (arguments.Has("--land-count")) {
    known.land_count = static_cast<std::int32_t>(arguments.Integer("--land-count"));
  }
  if (arguments.Has("--twist")) {
    known.twist = arguments.Text("--twist") == "right" ? records::TwistDirection::kRight
                                                       : records::TwistDirection::kLeft;
  }
  if (const std::string rifling = arguments.Text("--rifling"); rifling == "conventional") {
    known.rifling = records::RiflingType::kConventional;
  } else if (rifling == "polygonal") {
    known.rifling = records::RiflingType::kPolygonal;
  } else if (rifling == "microgroove") {
    known.rifling = records::RiflingType::kMicrogroove;
  }
  if (const auto shape = records::FindFiringPinShape(arguments.Text("--firing-pin-shape"))) {
    known.firing_pin_shape = shape;
  }
  if (const auto shape = records::FindApertureShape(arguments.Text("--aperture-shape"))) {
    known.aperture_shape = shape;
  }
  if (const auto of = records::FindBreechFaceClass(arguments.Text("--breech-face-class"))) {
    known.breech_face_class = of;
  }
  return absl::OkStatus();
}

}  // namespace proofmark::client::cli

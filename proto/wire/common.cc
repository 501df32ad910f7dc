// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/common.h"

#include "base/check.h"
#include "google/protobuf/timestamp.pb.h"
#include "proofmark/v1/common.pb.h"
#include "proto/wire/checks.h"

namespace proofmark::wire {
namespace {

template <typename A, typename B>
constexpr bool SameNumber(A a, B b) {
  return static_cast<int>(a) == static_cast<int>(b);
}
static_assert(SameNumber(v1::ExhibitKind_MAX, records::ExhibitKind::kUnfiredEvidence) &&
              SameNumber(v1::MarkRegion_MAX, records::MarkRegion::kLand) &&
              SameNumber(v1::FiringPinShape_MAX, records::FiringPinShape::kOther) &&
              SameNumber(v1::ApertureShape_MAX, records::ApertureShape::kElliptical) &&
              SameNumber(v1::BreechFaceClass_MAX, records::BreechFaceClass::kMixed) &&
              SameNumber(v1::ClassRule_MAX, records::ClassRule::kBreechFaceClass) &&
              SameNumber(v1::TwistDirection_MAX, records::TwistDirection::kLeft) &&
              SameNumber(v1::RiflingType_MAX, records::RiflingType::kMicrogroove) &&
              SameNumber(v1::ResultUse_MAX, ResultUse::kEvidence));

// Unspecified means not known here.
template <typename Domain, typename Proto>
absl::StatusOr<std::optional<Domain>> ReadOptionalEnum(const std::string& field, Proto value,
                                                       bool (*is_valid)(int)) {
  if (static_cast<int>(value) == 0) return std::optional<Domain>();
  PM_ASSIGN_OR_RETURN(const Domain known, ReadEnum<Domain>(field, value, is_valid));
  return std::optional<Domain>(known);
}

}  // namespace

v1::ExhibitKind ToProto(records::ExhibitKind kind) { return WriteEnum<v1::ExhibitKind>(kind); }

absl::StatusOr<records::ExhibitKind> FromProto(v1::ExhibitKind kind, std::string_view field) {
  return ReadEnum<records::ExhibitKind>(field, kind, v1::ExhibitKind_IsValid);
}

v1::MarkRegion ToProto(records::MarkRegion region) { return WriteEnum<v1::MarkRegion>(region); }

absl::StatusOr<records::MarkRegion> FromProto(v1::MarkRegion region, std::string_view field) {
  return ReadEnum<records::MarkRegion>(field, region, v1::MarkRegion_IsValid);
}

v1::ClassRule ToProto(records::ClassRule rule) { return WriteEnum<v1::ClassRule>(rule); }

absl::StatusOr<records::ClassRule> FromProto(v1::ClassRule rule, std::string_view field) {
  return ReadEnum<records::ClassRule>(field, rule, v1::ClassRule_IsValid);
}

std::string_view ResultUseText(ResultUse use) {
  return use == ResultUse::kEvidence ? "EVIDENCE" : "INTELLIGENCE";
}

absl::StatusOr<ResultUse> FromProto(v1::ResultUse use, std::string_view field) {
  return ReadEnum<ResultUse>(field, use, v1::ResultUse_IsValid);
}

v1::ResultUse MachineResultUse() { return v1::RESULT_USE_INTELLIGENCE; }

absl::Status CheckMachineResult(std::string_view parent, v1::ResultUse use) {
  if (use == v1::RESULT_USE_UNSPECIFIED || use == v1::RESULT_USE_INTELLIGENCE) {
    return absl::OkStatus();
  }
  return Refuse(parent, "use", "must be INTELLIGENCE: no person has judged it");
}

// The one enumeration whose numbers differ: zero is "none" here and "not set" there.
v1::SupportLevel ToProto(forensics::Level level) {
  switch (level) {
    case forensics::Level::kNone:
      return v1::SUPPORT_LEVEL_NONE;
    case forensics::Level::kL1:
      return v1::SUPPORT_LEVEL_MODERATE;
    case forensics::Level::kL2:
      return v1::SUPPORT_LEVEL_MODERATELY_STRONG;
    case forensics::Level::kL3:
      return v1::SUPPORT_LEVEL_STRONG;
    case forensics::Level::kL4:
      return v1::SUPPORT_LEVEL_VERY_STRONG;
  }
  PM_CHECK(false);
}

absl::StatusOr<forensics::Level> FromProto(v1::SupportLevel level, std::string_view field) {
  if (level == v1::SUPPORT_LEVEL_NONE) return forensics::Level::kNone;
  static_assert(SameNumber(v1::SUPPORT_LEVEL_MODERATE, forensics::Level::kL1) &&
                SameNumber(v1::SUPPORT_LEVEL_VERY_STRONG, forensics::Level::kL4) &&
                SameNumber(v1::SupportLevel_MAX, v1::SUPPORT_LEVEL_NONE));
  return ReadEnum<forensics::Level>(field, level, v1::SupportLevel_IsValid);
}

v1::ClassCharacteristics ToProto(const records::ClassCharacteristics& characteristics) {
  v1::ClassCharacteristics message;
  message.set_calibre_code(characteristics.calibre_code);
  message.set_bullet_class(characteristics.bullet_class);
  if (characteristics.land_count) message.set_land_count(*characteristics.land_count);
  if (characteristics.twist) {
    message.set_twist(WriteEnum<v1::TwistDirection>(*characteristics.twist));
  }
  if (characteristics.rifling) {
    message.set_rifling(WriteEnum<v1::RiflingType>(*characteristics.rifling));
  }
  if (characteristics.land_width_mean_um) {
    message.set_land_width_mean_um(*characteristics.land_width_mean_um);
  }
  if (characteristics.firing_pin_shape) {
    message.set_firing_pin_shape(WriteEnum<v1::FiringPinShape>(*characteristics.firing_pin_shape));
  }
  if (characteristics.aperture_shape) {
    message.set_aperture_shape(WriteEnum<v1::ApertureShape>(*characteristics.aperture_shape));
  }
  if (characteristics.breech_face_class) {
    message.set_breech_face_class(
        WriteEnum<v1::BreechFaceClass>(*characteristics.breech_face_class));
  }
  return message;
}

absl::StatusOr<records::ClassCharacteristics> FromProto(const v1::ClassCharacteristics& message,
                                                        std::string_view field) {
  records::ClassCharacteristics characteristics;
  characteristics.calibre_code = message.calibre_code();
  characteristics.bullet_class = message.bullet_class();
  if (message.has_land_count()) characteristics.land_count = message.land_count();
  PM_ASSIGN_OR_RETURN(characteristics.twist,
                      ReadOptionalEnum<records::TwistDirection>(At(field, "twist"), message.twist(),
                                                                v1::TwistDirection_IsValid));
  PM_ASSIGN_OR_RETURN(characteristics.rifling,
                      ReadOptionalEnum<records::RiflingType>(
                          At(field, "rifling"), message.rifling(), v1::RiflingType_IsValid));
  if (message.has_land_width_mean_um()) {
    characteristics.land_width_mean_um = message.land_width_mean_um();
  }
  PM_ASSIGN_OR_RETURN(
      characteristics.firing_pin_shape,
      ReadOptionalEnum<records::FiringPinShape>(
          At(field, "firing_pin_shape"), message.firing_pin_shape(), v1::FiringPinShape_IsValid));
  PM_ASSIGN_OR_RETURN(
      characteristics.aperture_shape,
      ReadOptionalEnum<records::ApertureShape>(
          At(field, "aperture_shape"), message.aperture_shape(), v1::ApertureShape_IsValid));
  PM_ASSIGN_OR_RETURN(characteristics.breech_face_class,
                      ReadOptionalEnum<records::BreechFaceClass>(At(field, "breech_face_class"),
                                                                 message.breech_face_class(),
                                                                 v1::BreechFaceClass_IsValid));
  PM_RETURN_IF_ERROR(Under(field, records::CheckClassCharacteristics(characteristics)));
  return characteristics;
}

v1::LedgerReceipt ToProto(const records::LedgerReceipt& receipt) {
  v1::LedgerReceipt message;
  message.set_origin(receipt.origin);
  message.set_index(receipt.index);
  message.set_leaf_hash(receipt.leaf_hash);
  return message;
}

absl::StatusOr<records::LedgerReceipt> FromProto(const v1::LedgerReceipt& message,
                                                 std::string_view field) {
  PM_RETURN_IF_ERROR(CheckAscii(field, "origin", message.origin(), 1, kOriginBytesMax));
  PM_RETURN_IF_ERROR(CheckBytes(field, "leaf_hash", message.leaf_hash(), kHashBytes, kHashBytes));
  return records::LedgerReceipt{
      .origin = message.origin(), .index = message.index(), .leaf_hash = message.leaf_hash()};
}

google::protobuf::Timestamp ToTimestamp(std::int64_t unix_ms) {
  google::protobuf::Timestamp message;
  message.set_seconds(unix_ms / 1'000);
  message.set_nanos(static_cast<std::int32_t>(unix_ms % 1'000) * 1'000'000);
  return message;
}

absl::StatusOr<std::int64_t> FromTimestamp(const google::protobuf::Timestamp& message,
                                           std::string_view field) {
  PM_RETURN_IF_ERROR(CheckInteger(field, "seconds", message.seconds(), 0, kUnixMsMax / 1'000));
  PM_RETURN_IF_ERROR(CheckInteger(field, "nanos", message.nanos(), 0, 999'999'999));
  return message.seconds() * 1'000 + message.nanos() / 1'000'000;
}

}  // namespace proofmark::wire

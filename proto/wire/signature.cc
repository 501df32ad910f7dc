// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/signature.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "proofmark/v1/common.pb.h"
#include "proofmark/v1/signature.pb.h"
#include "proto/wire/checks.h"
#include "proto/wire/common.h"

namespace proofmark::wire {
namespace {

// Those of the headers, which the ones below would hide.
using wire::FromProto;
using wire::ToProto;

constexpr double kPositionUmMax = 100'000.0;
constexpr double kAmplitudeUmMax = 1'000.0;
constexpr double kDriftUmPerMmMax = 2'000.0;
constexpr std::uint32_t kLandFlagsAll = 0x7F;  // Every forensics::LandFlag.
static_assert((static_cast<std::uint32_t>(forensics::LandFlag::kFromProfile) << 1) ==
              kLandFlagsAll + 1);
constexpr std::uint32_t kImpressedFlagsAll = 0x1FF;  // Every forensics::ImpressedFlag.
static_assert((static_cast<std::uint32_t>(forensics::ImpressedFlag::kMiddleUnknown) << 1) ==
              kImpressedFlagsAll + 1);
constexpr std::int64_t kImpressionsMax = 3;  // Breech face, firing pin, ejector.

// Regions are numbered alike everywhere.
template <typename A, typename B>
constexpr bool SameNumber(A a, B b) {
  return static_cast<int>(a) == static_cast<int>(b);
}
static_assert(SameNumber(records::MarkRegion::kBreechFace,
                         forensics::ImpressedRegion::kBreechFace) &&
              SameNumber(records::MarkRegion::kFiringPin, forensics::ImpressedRegion::kFiringPin) &&
              SameNumber(records::MarkRegion::kApertureShear,
                         forensics::ImpressedRegion::kApertureShear) &&
              SameNumber(records::MarkRegion::kEjector, forensics::ImpressedRegion::kEjector));

// Little-endian two's complement, whatever the machine's own order.
std::string WriteHeights(const std::vector<std::int16_t>& height_nm) {
  std::string bytes;
  bytes.reserve(height_nm.size() * 2);
  for (const std::int16_t height : height_nm) {
    const auto bits = static_cast<std::uint16_t>(height);
    bytes += static_cast<char>(bits & 0xFFU);
    bytes += static_cast<char>(bits >> 8);
  }
  return bytes;
}

absl::StatusOr<std::vector<std::int16_t>> ReadHeights(std::string_view field,
                                                      std::string_view bytes) {
  constexpr std::int64_t kBytesMin = 2 * forensics::kSignatureSamplesMin;
  constexpr std::int64_t kBytesMax = 2 * forensics::kSignatureSamplesMax;
  const auto size = static_cast<std::int64_t>(bytes.size());
  if (size % 2 != 0 || size < kBytesMin || size > kBytesMax) {
    return Refuse(field, "height_nm",
                  absl::StrFormat("%d bytes, must be even and %d..%d", size, kBytesMin, kBytesMax));
  }
  std::vector<std::int16_t> height_nm(bytes.size() / 2);
  for (std::size_t i = 0; i < height_nm.size(); ++i) {
    const auto low = static_cast<std::uint8_t>(bytes[2 * i]);
    const auto high = static_cast<std::uint8_t>(bytes[2 * i + 1]);
    height_nm[i] = std::bit_cast<std::int16_t>(static_cast<std::uint16_t>(high << 8 | low));
  }
  return height_nm;
}

v1::LandQuality ToProto(const forensics::LandQuality& quality) {
  v1::LandQuality message;
  message.set_consistency(quality.consistency);
  message.set_consistent_share(quality.consistent_share);
  message.set_missing_share(quality.missing_share);
  message.set_coherence(quality.coherence);
  message.set_amplitude_um(quality.amplitude_um);
  message.set_drift_um_per_mm(quality.drift_um_per_mm);
  message.set_band_from_um(quality.band_from_um);
  message.set_band_to_um(quality.band_to_um);
  return message;
}

absl::StatusOr<forensics::LandQuality> FromProto(const v1::LandQuality& message,
                                                 std::string_view field) {
  const auto check = [field](std::string_view name, double value, double min, double max) {
    return CheckNumber(field, name, value, min, max);
  };
  PM_RETURN_IF_ERROR(check("consistency", message.consistency(), -1.0, 1.0));
  PM_RETURN_IF_ERROR(check("consistent_share", message.consistent_share(), 0.0, 1.0));
  PM_RETURN_IF_ERROR(check("missing_share", message.missing_share(), 0.0, 1.0));
  PM_RETURN_IF_ERROR(check("coherence", message.coherence(), 0.0, 1.0));
  PM_RETURN_IF_ERROR(check("amplitude_um", message.amplitude_um(), 0.0, kAmplitudeUmMax));
  PM_RETURN_IF_ERROR(
      check("drift_um_per_mm", message.drift_um_per_mm(), -kDriftUmPerMmMax, kDriftUmPerMmMax));
  PM_RETURN_IF_ERROR(check("band_from_um", message.band_from_um(), 0.0, kPositionUmMax));
  PM_RETURN_IF_ERROR(check("band_to_um", message.band_to_um(), 0.0, kPositionUmMax));
  return forensics::LandQuality{.consistency = message.consistency(),
                                .consistent_share = message.consistent_share(),
                                .missing_share = message.missing_share(),
                                .coherence = message.coherence(),
                                .amplitude_um = message.amplitude_um(),
                                .drift_um_per_mm = message.drift_um_per_mm(),
                                .band_from_um = message.band_from_um(),
                                .band_to_um = message.band_to_um()};
}

v1::LandSignature ToProto(const forensics::LandSignature& land) {
  v1::LandSignature message;
  message.set_height_nm(WriteHeights(land.height_nm));
  message.set_left_shoulder_um(land.left_shoulder_um);
  message.set_right_shoulder_um(land.right_shoulder_um);
  *message.mutable_quality() = ToProto(land.quality);
  message.set_flags(land.flags);
  return message;
}

absl::StatusOr<forensics::LandSignature> FromProto(const v1::LandSignature& message,
                                                   std::string_view field) {
  forensics::LandSignature land;
  PM_ASSIGN_OR_RETURN(land.height_nm, ReadHeights(field, message.height_nm()));
  land.left_shoulder_um = message.left_shoulder_um();
  land.right_shoulder_um = message.right_shoulder_um();
  PM_RETURN_IF_ERROR(CheckNumber(field, "left_shoulder_um", land.left_shoulder_um, -kPositionUmMax,
                                 kPositionUmMax));
  PM_RETURN_IF_ERROR(CheckNumber(field, "right_shoulder_um", land.right_shoulder_um,
                                 -kPositionUmMax, kPositionUmMax));
  if (land.right_shoulder_um <= land.left_shoulder_um) {
    return Refuse(field, "right_shoulder_um", "must be right of left_shoulder_um");
  }
  PM_RETURN_IF_ERROR(CheckPresent(field, "quality", message.has_quality()));
  PM_ASSIGN_OR_RETURN(land.quality, FromProto(message.quality(), At(field, "quality")));
  land.flags = message.flags();
  if ((land.flags & ~kLandFlagsAll) != 0) {
    return Refuse(field, "flags", absl::StrFormat("bits other than 0x%X", kLandFlagsAll));
  }
  return land;
}

v1::ImpressedQuality ToProto(const forensics::ImpressedQuality& quality) {
  v1::ImpressedQuality message;
  message.set_valid_area_mm2(quality.valid_area_mm2);
  message.set_missing_share(quality.missing_share);
  message.set_rms_um(quality.rms_um);
  message.set_tilt_um_per_mm(quality.tilt_um_per_mm);
  message.set_outer_radius_um(quality.outer_radius_um);
  message.set_inner_radius_um(quality.inner_radius_um);
  return message;
}

v1::ImpressedSignature ToProto(const forensics::ImpressedSignature& impression) {
  v1::ImpressedSignature message;
  message.set_extractor_version(impression.extractor_version);
  message.set_region(WriteEnum<v1::MarkRegion>(impression.region));
  message.set_width(static_cast<std::int32_t>(impression.width));
  message.set_relief(
      std::string(impression.relief.begin(), impression.relief.end()));  // Byte for level.
  *message.mutable_quality() = ToProto(impression.quality);
  message.set_flags(impression.flags);
  return message;
}

// The rows follow from the bytes: a count of its own could only contradict them.
absl::Status ReadRelief(const v1::ImpressedSignature& message, std::string_view field,
                        forensics::ImpressedSignature& impression) {
  PM_RETURN_IF_ERROR(CheckInteger(field, "width", message.width(), forensics::kReliefSideMin,
                                  forensics::kReliefSideMax));
  const std::string& relief = message.relief();
  impression.width = message.width();
  impression.height = static_cast<std::int64_t>(relief.size()) / impression.width;
  if (static_cast<std::int64_t>(relief.size()) != impression.width * impression.height ||
      impression.height < forensics::kReliefSideMin ||
      impression.height > forensics::kReliefSideMax) {
    return Refuse(
        field, "relief",
        absl::StrFormat("%d bytes, must be %d..%d rows of %d", relief.size(),
                        forensics::kReliefSideMin, forensics::kReliefSideMax, impression.width));
  }
  impression.relief.assign(relief.begin(), relief.end());
  return absl::OkStatus();
}

absl::StatusOr<forensics::ImpressedSignature> FromProto(const v1::ImpressedSignature& message,
                                                        std::string_view field) {
  forensics::ImpressedSignature impression;
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "extractor_version", message.extractor_version(), 1, kVersionBytesMax));
  impression.extractor_version = message.extractor_version();
  PM_ASSIGN_OR_RETURN(const records::MarkRegion region,
                      FromProto(message.region(), At(field, "region")));
  if (region == records::MarkRegion::kLand || region == records::MarkRegion::kApertureShear) {
    return Refuse(field, "region", "must be an impressed mark");
  }
  impression.region = static_cast<forensics::ImpressedRegion>(region);
  impression.pitch_um = forensics::ReliefPitchUm(impression.region);
  PM_RETURN_IF_ERROR(ReadRelief(message, field, impression));
  PM_RETURN_IF_ERROR(CheckPresent(field, "quality", message.has_quality()));
  impression.quality = {.valid_area_mm2 = message.quality().valid_area_mm2(),
                        .missing_share = message.quality().missing_share(),
                        .rms_um = message.quality().rms_um(),
                        .tilt_um_per_mm = message.quality().tilt_um_per_mm(),
                        .outer_radius_um = message.quality().outer_radius_um(),
                        .inner_radius_um = message.quality().inner_radius_um()};
  impression.flags = message.flags();
  if ((impression.flags & ~kImpressedFlagsAll) != 0) {
    return Refuse(field, "flags", absl::StrFormat("bits other than 0x%X", kImpressedFlagsAll));
  }
  PM_RETURN_IF_ERROR(Under(field, forensics::CheckSignature(impression)));
  return impression;
}

absl::StatusOr<forensics::ShearSignature> FromProto(const v1::ShearSignature& message,
                                                    std::string_view field) {
  forensics::ShearSignature shear;
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "extractor_version", message.extractor_version(), 1, kVersionBytesMax));
  shear.extractor_version = message.extractor_version();
  PM_RETURN_IF_ERROR(CheckPresent(field, "profile", message.has_profile()));
  PM_ASSIGN_OR_RETURN(shear.profile, FromProto(message.profile(), At(field, "profile")));
  return shear;
}

// Why `signature` is none of an item of this kind; OK when it can be.
absl::Status CheckItem(const forensics::BallisticSignature& signature, records::ExhibitKind kind,
                       std::string_view field) {
  const auto* cartridge_case = std::get_if<forensics::CaseSignature>(&signature);
  const bool is_case = records::ItemOf(kind) == records::ItemKind::kCartridgeCase;
  if (is_case != (cartridge_case != nullptr)) {
    return Refuse(field, "item", "of a bullet for a case, or the other way round");
  }
  if (!is_case) return absl::OkStatus();
  for (const forensics::ImpressedSignature& impression : cartridge_case->impressions) {
    if (!records::BearsMark(kind, static_cast<records::MarkRegion>(impression.region))) {
      return Refuse(field, "item", "has a mark that this kind of item cannot bear");
    }
  }
  if (cartridge_case->aperture_shear &&
      !records::BearsMark(kind, records::MarkRegion::kApertureShear)) {
    return Refuse(field, "item", "has a mark that this kind of item cannot bear");
  }
  return absl::OkStatus();
}

}  // namespace

v1::BulletSignature ToProto(const forensics::BulletSignature& signature) {
  v1::BulletSignature message;
  message.set_extractor_version(signature.extractor_version);
  for (const std::optional<forensics::LandSignature>& land : signature.lands) {
    v1::LandSlot& slot = *message.add_lands();
    if (land) *slot.mutable_land() = ToProto(*land);
  }
  return message;
}

absl::StatusOr<forensics::BulletSignature> FromProto(const v1::BulletSignature& message,
                                                     std::string_view field) {
  PM_RETURN_IF_ERROR(
      CheckAscii(field, "extractor_version", message.extractor_version(), 1, kVersionBytesMax));
  PM_RETURN_IF_ERROR(
      CheckCount(field, "lands", message.lands_size(), 1, forensics::kBulletLandsMax));
  forensics::BulletSignature signature;
  signature.extractor_version = message.extractor_version();
  for (int i = 0; i < message.lands_size(); ++i) {
    std::optional<forensics::LandSignature>& land = signature.lands.emplace_back();
    if (!message.lands(i).has_land()) continue;
    PM_ASSIGN_OR_RETURN(land,
                        FromProto(message.lands(i).land(), At(At(field, "lands", i), "land")));
  }
  if (std::none_of(signature.lands.begin(), signature.lands.end(),
                   [](const auto& land) { return land.has_value(); })) {
    return Refuse(field, "lands", "none is present, must be at least one");
  }
  return signature;
}

v1::CaseSignature ToProto(const forensics::CaseSignature& signature) {
  v1::CaseSignature message;
  for (const forensics::ImpressedSignature& impression : signature.impressions) {
    *message.add_impressions() = ToProto(impression);
  }
  if (const std::optional<forensics::ShearSignature>& shear = signature.aperture_shear) {
    message.mutable_aperture_shear()->set_extractor_version(shear->extractor_version);
    *message.mutable_aperture_shear()->mutable_profile() = ToProto(shear->profile);
  }
  return message;
}

absl::StatusOr<forensics::CaseSignature> FromProto(const v1::CaseSignature& message,
                                                   std::string_view field) {
  forensics::CaseSignature signature;
  PM_RETURN_IF_ERROR(
      CheckCount(field, "impressions", message.impressions_size(), 0, kImpressionsMax));
  for (int i = 0; i < message.impressions_size(); ++i) {
    PM_ASSIGN_OR_RETURN(forensics::ImpressedSignature impression,
                        FromProto(message.impressions(i), At(field, "impressions", i)));
    signature.impressions.push_back(std::move(impression));
  }
  if (message.has_aperture_shear()) {
    PM_ASSIGN_OR_RETURN(signature.aperture_shear,
                        FromProto(message.aperture_shear(), At(field, "aperture_shear")));
  }
  PM_RETURN_IF_ERROR(Under(field, forensics::CheckSignature(signature)));
  return signature;
}

v1::BallisticSignature ToProto(const forensics::BallisticSignature& signature) {
  v1::BallisticSignature message;
  if (const auto* bullet = std::get_if<forensics::BulletSignature>(&signature)) {
    *message.mutable_bullet() = ToProto(*bullet);
  } else {
    *message.mutable_cartridge_case() = ToProto(std::get<forensics::CaseSignature>(signature));
  }
  return message;
}

absl::StatusOr<forensics::BallisticSignature> FromProto(const v1::BallisticSignature& message,
                                                        std::string_view field) {
  switch (message.item_case()) {
    case v1::BallisticSignature::kBullet: {
      PM_ASSIGN_OR_RETURN(forensics::BulletSignature bullet,
                          FromProto(message.bullet(), At(field, "bullet")));
      return forensics::BallisticSignature(std::move(bullet));
    }
    case v1::BallisticSignature::kCartridgeCase: {
      PM_ASSIGN_OR_RETURN(forensics::CaseSignature cartridge_case,
                          FromProto(message.cartridge_case(), At(field, "cartridge_case")));
      return forensics::BallisticSignature(std::move(cartridge_case));
    }
    case v1::BallisticSignature::ITEM_NOT_SET:
      break;
  }
  return Refuse(field, "item", "not set");
}

absl::StatusOr<forensics::BallisticSignature> FromProto(const v1::BallisticSignature& message,
                                                        records::ExhibitKind kind,
                                                        std::string_view field) {
  PM_ASSIGN_OR_RETURN(forensics::BallisticSignature signature, FromProto(message, field));
  PM_RETURN_IF_ERROR(CheckItem(signature, kind, field));
  return signature;
}

absl::StatusOr<std::string> Serialise(const forensics::BallisticSignature& signature) {
  const v1::BallisticSignature message = ToProto(signature);
  PM_RETURN_IF_ERROR(FromProto(message, "signature").status());
  return WriteBytes(message, kSignatureBytesMax, "signature");
}

absl::StatusOr<forensics::BallisticSignature> ParseSignature(std::string_view bytes) {
  v1::BallisticSignature message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, kSignatureBytesMax, "signature", message));
  return FromProto(message, "signature");
}

}  // namespace proofmark::wire

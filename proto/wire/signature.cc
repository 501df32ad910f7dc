// SPDX-License-Identifier: Apache-2.0
#include "proto/wire/signature.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <vector>

#include "absl/strings/str_format.h"
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

absl::StatusOr<std::string> Serialise(const forensics::BulletSignature& signature) {
  const v1::BulletSignature message = ToProto(signature);
  PM_RETURN_IF_ERROR(FromProto(message, "signature").status());
  return WriteBytes(message, kSignatureBytesMax, "signature");
}

absl::StatusOr<forensics::BulletSignature> ParseSignature(std::string_view bytes) {
  v1::BulletSignature message;
  PM_RETURN_IF_ERROR(ParseStrictly(bytes, kSignatureBytesMax, "signature", message));
  return FromProto(message, "signature");
}

}  // namespace proofmark::wire

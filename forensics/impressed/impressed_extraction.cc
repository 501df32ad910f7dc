// SPDX-License-Identifier: Apache-2.0
#include "forensics/impressed/impressed_extraction.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "forensics/impressed/areal_filter.h"
#include "forensics/impressed/primer_outline.h"
#include "forensics/surface/spikes.h"

namespace proofmark::forensics {
namespace {

constexpr double kPitchUmMin = 0.5;
constexpr double kPitchUmMax = 16.0;
constexpr double kExtentUmMin = 500.0;
constexpr double kExtentUmMax = 20'000.0;
constexpr double kHeightUmMax = 100'000.0;
constexpr double kReliefUmMin = 0.2;  // rms of the heights about their plane.
constexpr double kOutlinePitchUm = 25.0;
constexpr double kPlaneRadiusUm = 1'900.0;  // The breech face lies so near the middle of a primer.
constexpr std::int64_t kTrimSamplesMax = 16;
constexpr double kProcessedOffShareMax = 0.01;
// A whole mark's middle lies nearer than this to the middle of what was measured of it.
constexpr double kMiddleOffUmMax = 150.0;

// What differs between marks: all lengths follow the pitch but the wavelengths kept.
struct Conditioning {
  double pitch_um = 12.5;
  double noise_cutoff_um = 25.0;
  double form_cutoff_um = 400.0;
  double level_cutoff_um = 400.0;  // Over which the relief's rms is made even.
  double rms_floor_um = 0.15;
  // From the edge of a mark outlined by hand; half of it where our own circles have kept off the
  // edge, none where whoever processed the scan has.
  double trim_um = 50.0;
  double speck_mm2 = 0.01;  // Smaller gaps have no edge to trim from.
  double area_mm2_min = 0.5;
  double area_mm2_small = 1.5;
};

Conditioning ConditioningFor(ImpressedRegion region) {
  if (region != ImpressedRegion::kFiringPin) return {};
  return {.pitch_um = ReliefPitchUm(region),
          .noise_cutoff_um = 6.25,
          .form_cutoff_um = 150.0,
          .level_cutoff_um = 150.0,
          .rms_floor_um = 0.05,
          .trim_um = 12.5,
          .speck_mm2 = 0.0006,
          .area_mm2_min = 0.05,
          .area_mm2_small = 0.2};
}

absl::Status CheckRange(const char* name, double value, double min, double max, const char* unit) {
  if (value >= min && value <= max) return absl::OkStatus();  // False for NaN.
  return absl::InvalidArgumentError(
      absl::StrFormat("%s is %g %s, outside %g..%g", name, value, unit, min, max));
}

absl::Status CheckInput(const HeightMap& map, std::span<const std::uint8_t> mask,
                        const ImpressionOptions& options) {
  if (options.region != ImpressedRegion::kBreechFace &&
      options.region != ImpressedRegion::kFiringPin &&
      options.region != ImpressedRegion::kEjector) {
    return absl::InvalidArgumentError(
        absl::StrFormat("region %d is no impressed mark", static_cast<int>(options.region)));
  }
  PM_RETURN_IF_ERROR(CheckRange("pitch_x_um", map.pitch_x_um, kPitchUmMin, kPitchUmMax, "um"));
  PM_RETURN_IF_ERROR(CheckRange("pitch_y_um", map.pitch_y_um, kPitchUmMin, kPitchUmMax, "um"));
  const double points_max = kExtentUmMax / kPitchUmMin;
  PM_RETURN_IF_ERROR(CheckRange("width", static_cast<double>(map.width), 1, points_max, "points"));
  PM_RETURN_IF_ERROR(
      CheckRange("height", static_cast<double>(map.height), 1, points_max, "points"));
  PM_RETURN_IF_ERROR(CheckRange("extent along x", static_cast<double>(map.width) * map.pitch_x_um,
                                kExtentUmMin, kExtentUmMax, "um"));
  PM_RETURN_IF_ERROR(CheckRange("extent along y", static_cast<double>(map.height) * map.pitch_y_um,
                                kExtentUmMin, kExtentUmMax, "um"));
  if (static_cast<std::int64_t>(map.height_um.size()) != map.width * map.height) {
    return absl::InvalidArgumentError(absl::StrFormat("the map holds %d heights, not %d x %d",
                                                      map.height_um.size(), map.width, map.height));
  }
  if (!mask.empty() && mask.size() != map.height_um.size()) {
    return absl::InvalidArgumentError(absl::StrFormat("the region mask has %d points, the map %d",
                                                      mask.size(), map.height_um.size()));
  }
  float highest = 0.0F;
  for (const float z : map.height_um) highest = std::max(highest, std::abs(z));  // Passes NaN by.
  return CheckRange("largest height", highest, 0.0, kHeightUmMax, "um");
}

// A negative cast shows the mark with heights turned over and mirrored: both undone.
HeightMap UndoCast(HeightMap map) {
  for (float& z : map.height_um) z = -z;
  for (std::int64_t y = 0; y < map.height; ++y) {
    std::reverse(map.height_um.begin() + y * map.width,
                 map.height_um.begin() + (y + 1) * map.width);
  }
  return map;
}

// The heights within the mask, without the points that cannot be surface.
HeightMap Measured(const HeightMap& scan, std::span<const std::uint8_t> mask) {
  HeightMap out = scan;
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (mask[i] == 0) out.height_um[i] = kNotMeasured;
  }
  DropSpikes(out);
  return out;
}

std::vector<std::uint8_t> MirrorMask(std::span<const std::uint8_t> mask, std::int64_t width) {
  std::vector<std::uint8_t> out(mask.begin(), mask.end());
  for (auto row = out.begin(); row != out.end(); row += width) std::reverse(row, row + width);
  return out;
}

// The mark on the grid of the signature, still with its form.
struct OutlinedMark {
  HeightMap map;                      // Plane removed.
  std::vector<std::uint8_t> outline;  // 1 inside the mark, measured or not.
  TiltedPlane plane;
  std::optional<PrimerOutline> primer;
  ImpressedFlag source = ImpressedFlag::kMaskFromGaps;
};

void RemovePlane(HeightMap& map, const TiltedPlane& plane) {
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = 0; x < map.width; ++x) {
      map.at(x, y) = static_cast<float>(static_cast<double>(map.at(x, y)) - plane.At(map, x, y));
    }
  }
}

// `coarse` at the point of `fine`: both grids are centred on the same scan.
bool Inside(const HeightMap& coarse, const std::vector<std::uint8_t>& inside, const HeightMap& fine,
            std::int64_t x, std::int64_t y) {
  const auto across = [](std::int64_t at, std::int64_t fine_count, double fine_pitch,
                         std::int64_t coarse_count, double coarse_pitch) {
    const double um =
        (static_cast<double>(at) - 0.5 * static_cast<double>(fine_count - 1)) * fine_pitch;
    return static_cast<std::int64_t>(
        std::floor(um / coarse_pitch + 0.5 * static_cast<double>(coarse_count - 1) + 0.5));
  };
  const std::int64_t cx = across(x, fine.width, fine.pitch_x_um, coarse.width, coarse.pitch_x_um);
  const std::int64_t cy = across(y, fine.height, fine.pitch_y_um, coarse.height, coarse.pitch_y_um);
  return cx >= 0 && cy >= 0 && cx < coarse.width && cy < coarse.height &&
         inside[static_cast<std::size_t>(cy * coarse.width + cx)] != 0;
}

// A breech face without a mask: processed scans are recognised by having nothing off their plane.
absl::StatusOr<OutlinedMark> OutlineBreechFace(HeightMap fine) {
  const HeightMap coarse = ArealResample(fine, {}, kOutlinePitchUm, 2.0 * kOutlinePitchUm);
  const std::optional<TiltedPlane> plane = FindPlane(coarse, kPlaneRadiusUm);
  if (!plane) return absl::FailedPreconditionError("no plane in the middle of the scan");
  OutlinedMark out{.map = std::move(fine), .outline = {}, .plane = *plane};
  RemovePlane(out.map, *plane);
  if (ShareOffPlane(coarse, *plane) <= kProcessedOffShareMax) return out;
  out.primer = OutlinePrimer(coarse, *plane);
  if (!out.primer) {
    return absl::FailedPreconditionError("no breech face found: nothing flat and round enough");
  }
  out.source = ImpressedFlag::kMaskFound;
  out.outline.assign(out.map.height_um.size(), 0);
  for (std::int64_t y = 0; y < out.map.height; ++y) {
    for (std::int64_t x = 0; x < out.map.width; ++x) {
      out.outline[static_cast<std::size_t>(y * out.map.width + x)] =
          Inside(coarse, out.primer->inside, out.map, x, y) ? 1 : 0;
    }
  }
  return out;
}

absl::StatusOr<OutlinedMark> Outline(const HeightMap& scan, std::span<const std::uint8_t> mask,
                                     ImpressedRegion region, const Conditioning& how) {
  HeightMap fine = ArealResample(scan, mask, how.pitch_um, how.noise_cutoff_um);
  if (mask.empty() && region == ImpressedRegion::kBreechFace) {
    return OutlineBreechFace(std::move(fine));
  }
  const std::optional<TiltedPlane> plane = FindPlane(fine, kExtentUmMax);
  if (!plane) return absl::FailedPreconditionError("too little of the mark was measured");
  OutlinedMark out{.map = std::move(fine), .outline = {}, .plane = *plane};
  RemovePlane(out.map, *plane);
  if (!mask.empty()) out.source = ImpressedFlag::kMaskFromFile;
  return out;
}

// Removes what is not of the mark: outside the outline, or far off the plane of a breech face.
void KeepMark(OutlinedMark& mark, ImpressedRegion region) {
  for (std::size_t i = 0; i < mark.map.height_um.size(); ++i) {
    float& z = mark.map.height_um[i];
    if (!mark.outline.empty() && mark.outline[i] == 0) z = kNotMeasured;
    if (region == ImpressedRegion::kBreechFace && std::abs(z) > static_cast<float>(kPlaneBandUm)) {
      z = kNotMeasured;
    }
  }
}

// 1 where a point is measured or lies in a gap smaller than `speck_mm2`.
std::vector<std::uint8_t> WithoutSpecks(const HeightMap& map, double speck_mm2) {
  const std::size_t count = map.height_um.size();
  std::vector<std::uint8_t> filled(count, 0);
  std::vector<std::uint8_t> seen(count, 0);
  const auto limit = static_cast<std::size_t>(speck_mm2 * 1e6 / (map.pitch_x_um * map.pitch_y_um));
  for (std::size_t i = 0; i < count; ++i)
    filled[i] = seen[i] = IsMeasured(map.height_um[i]) ? 1 : 0;
  std::vector<std::size_t> gap;
  const auto width = static_cast<std::size_t>(map.width);
  for (std::size_t seed = 0; seed < count; ++seed) {
    if (seen[seed] != 0) continue;
    gap.assign(1, seed);
    seen[seed] = 1;
    const auto take = [&](std::size_t at) {
      if (seen[at] != 0) return;
      seen[at] = 1;
      gap.push_back(at);
    };
    for (std::size_t k = 0; k < gap.size(); ++k) {
      const std::size_t at = gap[k];
      if (at % width > 0) take(at - 1);
      if (at % width + 1 < width) take(at + 1);
      if (at >= width) take(at - width);
      if (at + width < count) take(at + width);
    }
    if (gap.size() > limit) continue;
    for (const std::size_t at : gap) filled[at] = 1;
  }
  return filled;
}

// Drops the points nearer than `trim_um` to the edge of the mark or of the scan, which no filter
// sees from both sides. Gives the outline that remains.
std::vector<std::uint8_t> TrimEdge(HeightMap& map, double trim_um, double speck_mm2) {
  const std::vector<std::uint8_t> filled = WithoutSpecks(map, speck_mm2);
  std::vector<std::uint8_t> kept = filled;
  const auto reach = static_cast<std::int64_t>(std::floor(trim_um / map.pitch_x_um));
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = 0; x < map.width; ++x) {
      if (filled[static_cast<std::size_t>(y * map.width + x)] != 0) continue;
      for (std::int64_t j = std::max<std::int64_t>(y - reach, 0);
           j <= std::min(y + reach, map.height - 1); ++j) {
        for (std::int64_t i = std::max<std::int64_t>(x - reach, 0);
             i <= std::min(x + reach, map.width - 1); ++i) {
          if ((i - x) * (i - x) + (j - y) * (j - y) > reach * reach) continue;
          kept[static_cast<std::size_t>(j * map.width + i)] = 0;
        }
      }
    }
  }
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (kept[i] == 0) map.height_um[i] = kNotMeasured;
  }
  return kept;
}

// Root of the mean square over each point's surroundings, not below the floor.
HeightMap LocalRms(const HeightMap& relief, const Conditioning& how) {
  HeightMap square = relief;
  for (float& z : square.height_um) z *= z;
  HeightMap out = ArealMean(square, how.level_cutoff_um);
  for (float& z : out.height_um) {
    if (IsMeasured(z)) z = std::max(std::sqrt(z), static_cast<float>(how.rms_floor_um));
  }
  return out;
}

// The measured part of a map: [left, right) x [top, bottom).
struct Box {
  std::int64_t left = 0, top = 0, right = 0, bottom = 0;
};

Box MeasuredBox(const HeightMap& map) {
  Box box{map.width, map.height, 0, 0};
  for (std::int64_t y = 0; y < map.height; ++y) {
    for (std::int64_t x = 0; x < map.width; ++x) {
      if (!IsMeasured(map.at(x, y))) continue;
      box = {std::min(box.left, x), std::min(box.top, y), std::max(box.right, x + 1),
             std::max(box.bottom, y + 1)};
    }
  }
  return box;
}

HeightMap Crop(const HeightMap& map, const Box& box) {
  HeightMap out = map;
  out.width = box.right - box.left;
  out.height = box.bottom - box.top;
  out.height_um.clear();
  for (std::int64_t y = box.top; y < box.bottom; ++y) {
    const auto row = map.height_um.begin() + y * map.width;
    out.height_um.insert(out.height_um.end(), row + box.left, row + box.right);
  }
  return out;
}

// Widens [from, to) until `middle`, in samples, lies in its middle, or it is as wide as may be.
void Centre(double middle, std::int64_t& from, std::int64_t& to) {
  const double off = middle - 0.5 * static_cast<double>(from + to - 1);
  const std::int64_t grow =
      std::min(static_cast<std::int64_t>(std::floor(2.0 * std::abs(off) + 0.5)),
               kReliefSideMax - (to - from));
  if (grow <= 0) return;
  (off > 0.0 ? to : from) += off > 0.0 ? grow : -grow;
}

// What is stored of a relief: all that was measured; of a part of a breech face so that the middle
// lies where that of the whole does, which every comparison starts from.
Box StoredBox(const HeightMap& relief, const std::vector<std::uint8_t>& kept,
              ImpressedSignature& signature) {
  Box box = MeasuredBox(relief);
  if (signature.region != ImpressedRegion::kBreechFace) return box;
  const double pitch_um = relief.pitch_x_um;
  const std::optional<Circle> edge = FitOuterEdge(kept, relief.width, pitch_um);
  if (!edge) {
    signature.set(ImpressedFlag::kMiddleUnknown);
    return box;
  }
  const double x = edge->x_um / pitch_um, y = edge->y_um / pitch_um;
  const double off_x = x - 0.5 * static_cast<double>(box.left + box.right - 1);
  const double off_y = y - 0.5 * static_cast<double>(box.top + box.bottom - 1);
  if (std::max(std::abs(off_x), std::abs(off_y)) * pitch_um <= kMiddleOffUmMax) return box;
  signature.set(ImpressedFlag::kPart);
  Centre(x, box.left, box.right);
  Centre(y, box.top, box.bottom);
  return box;
}

// A mask of the part `box` of `map` as a mask of the whole.
std::vector<std::uint8_t> Embed(const std::vector<std::uint8_t>& part, const Box& box,
                                const HeightMap& map) {
  std::vector<std::uint8_t> out(map.height_um.size(), 0);
  const std::int64_t width = box.right - box.left;
  for (std::int64_t y = box.top; y < box.bottom; ++y) {
    std::copy_n(part.begin() + (y - box.top) * width, width,
                out.begin() + y * map.width + box.left);
  }
  return out;
}

// Bounds the work of everything that follows.
absl::Status CheckSides(const Box& box, double pitch_um, std::int64_t trim) {
  for (const std::int64_t side : {box.right - box.left, box.bottom - box.top}) {
    if (side >= kReliefSideMin && side <= kReliefSideMax + trim) continue;
    return absl::FailedPreconditionError(absl::StrFormat(
        "the mark is %d x %d samples of %g um, outside %d..%d a side", box.right - box.left,
        box.bottom - box.top, pitch_um, kReliefSideMin, kReliefSideMax));
  }
  return absl::OkStatus();
}

std::int8_t Quantise(float relief, float rms) {
  const double level = kReliefLevelsPerRms * static_cast<double>(relief) / static_cast<double>(rms);
  const double most = static_cast<double>(kReliefLevelMax);
  return static_cast<std::int8_t>(std::floor(std::clamp(level, -most, most) + 0.5));
}

absl::Status StoreRelief(const HeightMap& relief, const Conditioning& how, const Box& box,
                         ImpressedSignature& signature) {
  signature.width = box.right - box.left;
  signature.height = box.bottom - box.top;
  PM_RETURN_IF_ERROR(CheckSides(box, how.pitch_um, 0));
  const HeightMap rms = LocalRms(relief, how);
  double square = 0.0;
  double measured = 0.0;
  for (std::int64_t y = box.top; y < box.bottom; ++y) {
    for (std::int64_t x = box.left; x < box.right; ++x) {
      const bool beyond = x < 0 || y < 0 || x >= relief.width || y >= relief.height;
      const float z = beyond ? kNotMeasured : relief.at(x, y);
      signature.relief.push_back(IsMeasured(z) ? Quantise(z, rms.at(x, y)) : kReliefNotMeasured);
      if (!IsMeasured(z)) continue;
      square += static_cast<double>(z) * static_cast<double>(z);
      measured += 1.0;
    }
  }
  ImpressedQuality& quality = signature.quality;
  quality.valid_area_mm2 = measured * how.pitch_um * how.pitch_um * 1e-6;
  quality.rms_um = measured > 0.0 ? std::sqrt(square / measured) : 0.0;
  if (quality.valid_area_mm2 < how.area_mm2_min) {
    return absl::FailedPreconditionError(
        absl::StrFormat("measured area of the mark is %.3f mm2, below %g", quality.valid_area_mm2,
                        how.area_mm2_min));
  }
  if (quality.rms_um < kReliefUmMin * 0.1) {
    return absl::FailedPreconditionError(
        absl::StrFormat("relief of the mark is %.4f um rms: nothing to compare", quality.rms_um));
  }
  if (quality.valid_area_mm2 < how.area_mm2_small) signature.set(ImpressedFlag::kSmallArea);
  return absl::OkStatus();
}

void StoreOutline(const OutlinedMark& mark, const std::vector<std::uint8_t>& kept,
                  const HeightMap& relief, ImpressedQuality& quality) {
  quality.tilt_um_per_mm =
      1e3 * std::sqrt(mark.plane.b * mark.plane.b + mark.plane.c * mark.plane.c);
  if (mark.primer) {
    quality.outer_radius_um = mark.primer->outer.radius_um;
    quality.inner_radius_um = mark.primer->inner ? mark.primer->inner->radius_um : 0.0;
  }
  double inside = 0.0;
  double missing = 0.0;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    inside += kept[i];
    missing += kept[i] != 0 && !IsMeasured(relief.height_um[i]) ? 1.0 : 0.0;
  }
  quality.missing_share = inside > 0.0 ? missing / inside : 0.0;
}

}  // namespace

std::string_view ImpressionExtractorVersion() { return "impression-2/iso25-400/ln400/trim50"; }

absl::StatusOr<ImpressedExtraction> ExtractImpression(const HeightMap& scan,
                                                      std::span<const std::uint8_t> region_mask,
                                                      const ImpressionOptions& options) {
  PM_RETURN_IF_ERROR(CheckInput(scan, region_mask, options));
  if (options.negative_cast) {
    const std::vector<std::uint8_t> mirrored = MirrorMask(region_mask, scan.width);
    ImpressionOptions upright = options;
    upright.negative_cast = false;
    absl::StatusOr<ImpressedExtraction> out = ExtractImpression(UndoCast(scan), mirrored, upright);
    if (out.ok()) out->signature.set(ImpressedFlag::kInverted);
    return out;
  }
  const Conditioning how = ConditioningFor(options.region);
  PM_ASSIGN_OR_RETURN(OutlinedMark mark,
                      Outline(Measured(scan, region_mask), region_mask, options.region, how));
  ImpressedExtraction out;
  out.trace.levelled = mark.map;
  KeepMark(mark, options.region);

  const Box whole = MeasuredBox(mark.map);
  PM_RETURN_IF_ERROR(CheckSides(whole, how.pitch_um, kTrimSamplesMax));
  HeightMap relief = Crop(mark.map, whole);
  const HeightMap form = ArealForm(relief, how.form_cutoff_um);
  for (std::size_t i = 0; i < relief.height_um.size(); ++i) {
    relief.height_um[i] -= form.height_um[i];
  }
  const double trim_um = mark.source == ImpressedFlag::kMaskFromFile ? how.trim_um
                         : mark.source == ImpressedFlag::kMaskFound  ? 0.5 * how.trim_um
                                                                     : 0.0;
  const std::vector<std::uint8_t> kept = TrimEdge(relief, trim_um, how.speck_mm2);
  out.trace.outline = Embed(kept, whole, mark.map);

  out.signature.extractor_version = std::string(ImpressionExtractorVersion());
  out.signature.region = options.region;
  out.signature.pitch_um = how.pitch_um;
  out.signature.set(mark.source);
  Box box = StoredBox(relief, kept, out.signature);
  PM_RETURN_IF_ERROR(StoreRelief(relief, how, box, out.signature));
  StoreOutline(mark, kept, relief, out.signature.quality);
  box = {box.left + whole.left, box.top + whole.top, box.right + whole.left,
         box.bottom + whole.top};
  out.trace.relief_left_um = static_cast<double>(box.left) * how.pitch_um;
  out.trace.relief_top_um = static_cast<double>(box.top) * how.pitch_um;
  out.trace.centre_x_um = 0.5 * static_cast<double>(box.left + box.right - 1) * how.pitch_um;
  out.trace.centre_y_um = 0.5 * static_cast<double>(box.top + box.bottom - 1) * how.pitch_um;
  if (mark.primer) {
    out.trace.centre_x_um = mark.primer->outer.x_um;
    out.trace.centre_y_um = mark.primer->outer.y_um;
  }
  return out;
}

}  // namespace proofmark::forensics

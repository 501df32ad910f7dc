// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "records/exhibit.h"

namespace proofmark::records {

inline constexpr std::int64_t kManifestBytesMax = 16 * 1024 * 1024;
inline constexpr std::int64_t kManifestRowsMax = 200'000;
inline constexpr std::int64_t kManifestColumnsMax = 64;
inline constexpr std::int64_t kManifestFieldBytesMax = 4'096;

// Kinds of row whose scans become exhibits, and the scan format of each.
inline constexpr std::string_view kManifestBulletLands = "bullet_lea";  // kFormatX3p.
inline constexpr std::string_view kManifestProfiles = "profile";        // kFormatProfileCsv.
// Kinds of row that are one mark of a cartridge case each, all X3P: the prefix, then the code of a
// region of cases in lower case.
inline constexpr std::string_view kManifestCasePrefix = "cartridge_";
inline constexpr std::string_view kManifestBreechFaces = "cartridge_breech_face";

// One row: one file.
struct ManifestRow {
  std::int64_t line = 0;             // Where it begins in the text, from 1.
  std::string file;                  // Relative to the manifest's folder, never climbing out of it.
  std::string kind;                  // As written; any text.
  std::string specimen;              // The physical item; may be empty where nothing is grouped.
  std::optional<std::int32_t> land;  // 1..kLandsMax; absent where the column is empty.
  std::string unit;                  // What is known of the file's unit, for people.
  std::string land_truth;            // Equal and not empty: the same land of the same firearm.
  std::string truth_basis;           // How the truth of this row is known.
  std::string stage;                 // Of processing, as the source names it, for people.
  std::string notes;
};

// How the truth is known decides where a figure is reported: one that was itself found by comparing
// marks ("derived" in the text, in any case) stands apart.
bool IsDerivedTruth(std::string_view truth_basis);

// The scans of one item, one row a land.
struct ManifestExhibit {
  std::string label;     // The `exhibit` column; else the specimen, "#2" added for its second set.
  std::string specimen;  // Of all rows.
  std::string format;    // Of all scans: kFormatX3p or kFormatProfileCsv.
  std::vector<ManifestRow> rows;  // By land, each land once; 1..kLandsMax.
  ExhibitKind kind = ExhibitKind::kBulletEvidence;
  ClassCharacteristics characteristics;  // As far as columns tell.
  std::string calibre;                   // As written, also where FindCalibre() knows no such.
  std::string case_reference;
  std::string incident_date;
  std::vector<std::string> circumstances;  // As records::ExhibitIdentity.
  std::string study;                       // Truth, for validation only: where the scans come from,
  std::string source_firearm;              // what fired the item,
  std::string truth_basis;                 // and how that is known.
};

// One mark of a cartridge case: one row, never grouped, since each scan is compared on its own. Two
// scans of one mark of a specimen are the same item measured, or processed, twice.
struct ManifestCase {
  ManifestRow row;    // Specimen never empty.
  std::string label;  // The `exhibit` column, else the specimen; "#2" added for the second scan of
                      // the same mark. Marks of one exhibit share their label.
  std::optional<MarkRegion> region;  // Which mark the row's kind names; absent for one not known.
  ExhibitKind kind = ExhibitKind::kCaseEvidence;
  ClassCharacteristics characteristics;
  std::string case_reference;
  std::string incident_date;
  std::vector<std::string> circumstances;
  std::string calibre;
  std::string study;  // Truth, as for exhibits.
  std::string source_firearm;
};

struct Manifest {
  std::vector<ManifestExhibit> exhibits;  // In the order of their first rows.
  std::vector<ManifestCase> cases;        // In the order of their rows.
  // Rows of any other kind (format samples). Whoever uses a manifest must report them.
  std::vector<ManifestRow> unsupported;
};

// Reads the one manifest format that submit, validate and quickstart share.
//   Errors    kInvalidArgument   naming line and column: not RFC 4180, not UTF-8, a required column
//                                absent or doubled, a value out of its bounds, rows of an exhibit
//                                that contradict each other.
//             kResourceExhausted above a limit of this header.
//   Threads   Pure.
//   Source    docs/formats/manifest.md
absl::StatusOr<Manifest> ParseManifest(std::string_view text);

}  // namespace proofmark::records

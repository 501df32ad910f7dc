// SPDX-License-Identifier: Apache-2.0
#include "records/manifest.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <map>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "records/codes.h"
#include "records/csv.h"
#include "records/submission.h"
#include "records/text.h"

namespace proofmark::records {
namespace {

// The columns this reads; any other is ignored. The order is that of kColumns.
enum class Column : std::size_t {
  kFile,
  kKind,
  kSpecimen,
  kLand,
  kExhibit,
  kExhibitKind,
  kCalibre,
  kBulletClass,
  kLandCount,
  kTwist,
  kRifling,
  kLandWidthMeanUm,
  kCase,
  kDate,
  kUnit,
  kStudy,
  kSourceFirearm,
  kLandTruth,
  kTruthBasis,
  kStage,
  kFiringPinShape,
  kApertureShape,
  kBreechFaceClass,
  kNotes,
  kCircumstances,
  kCount,
};
constexpr std::size_t kColumnCount = static_cast<std::size_t>(Column::kCount);
constexpr std::size_t kRequiredColumns = 4;  // The first ones.
constexpr std::array<std::string_view, kColumnCount> kColumns = {"file",
                                                                 "kind",
                                                                 "specimen",
                                                                 "land",
                                                                 "exhibit",
                                                                 "exhibit_kind",
                                                                 "calibre",
                                                                 "bullet_class",
                                                                 "land_count",
                                                                 "twist",
                                                                 "rifling",
                                                                 "land_width_mean_um",
                                                                 "case",
                                                                 "date",
                                                                 "unit",
                                                                 "study",
                                                                 "source_firearm",
                                                                 "land_truth",
                                                                 "truth_basis",
                                                                 "stage",
                                                                 "firing_pin_shape",
                                                                 "aperture_shape",
                                                                 "breech_face_class",
                                                                 "notes",
                                                                 "circumstances"};
std::string_view ColumnName(Column column) { return kColumns[static_cast<std::size_t>(column)]; }

absl::Status Refuse(std::int64_t line, std::string_view column, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrFormat("line %d, column %s: %s", line, column, why));
}
absl::Status Refuse(std::int64_t line, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrFormat("line %d: %s", line, why));
}

// Where each column of ours stands in a record.
class Header {
 public:
  static absl::StatusOr<Header> Read(const std::vector<std::string>& names) {
    Header header;
    header.width_ = names.size();
    for (std::size_t i = 0; i < names.size(); ++i) {
      const auto known = std::find(kColumns.begin(), kColumns.end(), names[i]);
      if (known == kColumns.end()) continue;
      std::optional<std::size_t>& place =
          header.places_[static_cast<std::size_t>(known - kColumns.begin())];
      if (place) return Refuse(1, *known, "named twice");
      place = i;
    }
    for (std::size_t column = 0; column < kRequiredColumns; ++column) {
      if (!header.places_[column]) return Refuse(1, kColumns[column], "required, but absent");
    }
    return header;
  }

  std::size_t width() const { return width_; }
  std::optional<std::size_t> place(Column column) const {
    return places_[static_cast<std::size_t>(column)];
  }

 private:
  std::array<std::optional<std::size_t>, kColumnCount> places_;
  std::size_t width_ = 0;
};

// The values of one record in the order of kColumns, empty where there is no such column.
struct Values {
  std::int64_t line = 0;
  std::array<std::string, kColumnCount> texts;

  const std::string& operator[](Column column) const {
    return texts[static_cast<std::size_t>(column)];
  }
};

absl::StatusOr<Values> ReadValues(const Header& header, std::int64_t line,
                                  std::vector<std::string> record) {
  if (record.size() != header.width()) {
    return Refuse(line,
                  absl::StrFormat("%d fields under %d columns", record.size(), header.width()));
  }
  Values values{.line = line, .texts = {}};
  for (std::size_t column = 0; column < kColumnCount; ++column) {
    const std::optional<std::size_t> place = header.place(static_cast<Column>(column));
    if (!place) continue;
    if (!IsPlainText(record[*place])) {
      return Refuse(line, kColumns[column], "must be UTF-8 without control characters");
    }
    values.texts[column] = std::move(record[*place]);
  }
  return values;
}

// A whole number within its bounds; nullopt where the column is empty.
absl::StatusOr<std::optional<std::int32_t>> ReadInteger(const Values& values, Column column,
                                                        std::int32_t min, std::int32_t max) {
  const std::string& text = values[column];
  if (text.empty()) return std::optional<std::int32_t>();
  std::int32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number < min || number > max) {
    return Refuse(values.line, ColumnName(column),
                  absl::StrFormat("must be a whole number %d..%d, or empty", min, max));
  }
  return std::optional<std::int32_t>(number);
}

absl::StatusOr<std::optional<double>> ReadLandWidth(const Values& values) {
  const std::string& text = values[Column::kLandWidthMeanUm];
  if (text.empty()) return std::optional<double>();
  double number = 0.0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc() || stop != end || !std::isfinite(number)) {
    return Refuse(values.line, ColumnName(Column::kLandWidthMeanUm),
                  "must be a decimal number of micrometres, or empty");
  }
  return std::optional<double>(number);  // CheckClassCharacteristics has the bounds.
}

// Finds `text` among `choices`; nullopt where it is empty or "UNKNOWN".
template <typename T>
absl::StatusOr<std::optional<T>> ReadChoice(
    const Values& values, Column column,
    std::initializer_list<std::pair<std::string_view, T>> choices, std::string_view allowed) {
  const std::string& text = values[column];
  if (text.empty() || text == "UNKNOWN") return std::optional<T>();
  for (const auto& [name, value] : choices) {
    if (text == name) return std::optional<T>(value);
  }
  return Refuse(values.line, ColumnName(column), absl::StrFormat("must be %s, or empty", allowed));
}

// A path that stays in the manifest's folder: a manifest from elsewhere names no file outside it.
bool IsInnerPath(std::string_view path) {
  if (path.empty() || path.front() == '/' || path.find('\\') != std::string_view::npos) {
    return false;
  }
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    if (path.substr(0, end) == "..") return false;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return true;
}

// The format of the scans of a kind that makes exhibits; nullopt for every other kind.
std::optional<std::string_view> ScanFormat(std::string_view kind) {
  if (kind == kManifestBulletLands) return kFormatX3p;
  if (kind == kManifestProfiles) return kFormatProfileCsv;
  return std::nullopt;
}

bool IsCase(std::string_view kind) { return kind.starts_with(kManifestCasePrefix); }

// Which mark a kind of row names: the prefix and the region's code in lower case.
std::optional<MarkRegion> CaseRegion(std::string_view kind) {
  std::string code(kind.substr(kManifestCasePrefix.size()));
  std::transform(code.begin(), code.end(), code.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  const std::optional<MarkRegion> region = FindMarkRegion(code);
  return region == MarkRegion::kLand ? std::nullopt : region;
}

absl::StatusOr<ManifestRow> ReadRow(const Values& values) {
  if (!IsInnerPath(values[Column::kFile])) {
    return Refuse(values.line, ColumnName(Column::kFile),
                  "must be a path with /, relative to the manifest's folder and inside it");
  }
  if (values[Column::kKind].empty()) {
    return Refuse(values.line, ColumnName(Column::kKind), "must not be empty");
  }
  ManifestRow row{.line = values.line,
                  .file = values[Column::kFile],
                  .kind = values[Column::kKind],
                  .specimen = values[Column::kSpecimen],
                  .land = std::nullopt,
                  .unit = values[Column::kUnit],
                  .land_truth = values[Column::kLandTruth],
                  .truth_basis = values[Column::kTruthBasis],
                  .stage = values[Column::kStage],
                  .notes = values[Column::kNotes]};
  if (IsCase(row.kind) && row.specimen.empty()) {
    return Refuse(values.line, ColumnName(Column::kSpecimen),
                  absl::StrFormat("must not be empty for kind %s", row.kind));
  }
  if (!ScanFormat(row.kind)) return row;
  PM_ASSIGN_OR_RETURN(row.land, ReadInteger(values, Column::kLand, 1, kLandsMax));
  if (!row.land) {
    return Refuse(values.line, ColumnName(Column::kLand),
                  absl::StrFormat("must be 1..%d for kind %s", kLandsMax, row.kind));
  }
  if (row.specimen.empty() && values[Column::kExhibit].empty()) {
    return Refuse(values.line, ColumnName(Column::kSpecimen),
                  "must not be empty where no exhibit is named");
  }
  return row;
}

// The kind of exhibit, evidence where the column is empty. `item` is what the row's kind is about.
absl::StatusOr<ExhibitKind> ReadKind(const Values& values, ItemKind item) {
  const std::string& code = values[Column::kExhibitKind];
  if (code.empty()) {
    return item == ItemKind::kBullet ? ExhibitKind::kBulletEvidence : ExhibitKind::kCaseEvidence;
  }
  const std::optional<ExhibitKind> kind = FindExhibitKind(code);
  if (kind && ItemOf(*kind) == item) return *kind;
  std::string allowed;
  for (const ExhibitKind other : kExhibitKinds) {
    if (ItemOf(other) == item) allowed += absl::StrFormat("%s, ", ExhibitKindCode(other));
  }
  return Refuse(values.line, ColumnName(Column::kExhibitKind),
                absl::StrFormat("must be %sor empty", allowed));
}

// A code of a list of a case's class characteristics; nullopt where it is empty or "UNKNOWN".
template <typename T>
absl::StatusOr<std::optional<T>> ReadCode(const Values& values, Column column,
                                          std::optional<T> (*find)(std::string_view)) {
  const std::string& text = values[column];
  if (text.empty() || text == "UNKNOWN") return std::optional<T>();
  if (const std::optional<T> value = find(text)) return value;
  return Refuse(values.line, ColumnName(column), "must be a code of its list, UNKNOWN or empty");
}

// Codes with a semicolon between; ascending, each once.
absl::StatusOr<std::vector<std::string>> ReadCircumstances(const Values& values) {
  std::vector<std::string> codes;
  std::string_view rest = values[Column::kCircumstances];
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(';'), rest.size());
    const std::string_view code = rest.substr(0, end);
    if (!IsCode(ShareTriggerCodes(), code) || end + 1 == rest.size()) {
      return Refuse(values.line, ColumnName(Column::kCircumstances),
                    "must be share trigger codes with ; between, or empty");
    }
    codes.emplace_back(code);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  std::ranges::sort(codes);
  if (std::ranges::adjacent_find(codes) != codes.end()) {
    return Refuse(values.line, ColumnName(Column::kCircumstances), "names a code twice");
  }
  return codes;
}

absl::StatusOr<ClassCharacteristics> ReadCharacteristics(const Values& values) {
  ClassCharacteristics characteristics;
  characteristics.bullet_class = values[Column::kBulletClass];
  if (const std::optional<Calibre> calibre = FindCalibre(values[Column::kCalibre])) {
    characteristics.calibre_code = calibre->code;
    if (characteristics.bullet_class.empty()) characteristics.bullet_class = calibre->bullet_class;
    if (characteristics.bullet_class != calibre->bullet_class) {
      return Refuse(
          values.line, ColumnName(Column::kBulletClass),
          absl::StrFormat("calibre %s has class %s", calibre->code, calibre->bullet_class));
    }
  }
  PM_ASSIGN_OR_RETURN(characteristics.land_count,
                      ReadInteger(values, Column::kLandCount, 1, kLandsMax));
  PM_ASSIGN_OR_RETURN(characteristics.twist,
                      ReadChoice<TwistDirection>(values, Column::kTwist,
                                                 {{"R", TwistDirection::kRight},
                                                  {"RIGHT", TwistDirection::kRight},
                                                  {"L", TwistDirection::kLeft},
                                                  {"LEFT", TwistDirection::kLeft}},
                                                 "R, RIGHT, L, LEFT or UNKNOWN"));
  PM_ASSIGN_OR_RETURN(characteristics.rifling,
                      ReadChoice<RiflingType>(values, Column::kRifling,
                                              {{"CONVENTIONAL", RiflingType::kConventional},
                                               {"POLYGONAL", RiflingType::kPolygonal},
                                               {"MICROGROOVE", RiflingType::kMicrogroove}},
                                              "CONVENTIONAL, POLYGONAL, MICROGROOVE or UNKNOWN"));
  PM_ASSIGN_OR_RETURN(characteristics.land_width_mean_um, ReadLandWidth(values));
  PM_ASSIGN_OR_RETURN(characteristics.firing_pin_shape,
                      ReadCode(values, Column::kFiringPinShape, FindFiringPinShape));
  PM_ASSIGN_OR_RETURN(characteristics.aperture_shape,
                      ReadCode(values, Column::kApertureShape, FindApertureShape));
  PM_ASSIGN_OR_RETURN(characteristics.breech_face_class,
                      ReadCode(values, Column::kBreechFaceClass, FindBreechFaceClass));
  if (const absl::Status check = CheckClassCharacteristics(characteristics); !check.ok()) {
    return Refuse(values.line, std::string(check.message()));
  }
  return characteristics;
}

// What the rows of an exhibit must agree on.
absl::Status CheckAgreement(const Values& values, const Values& first) {
  for (const Column column :
       {Column::kKind, Column::kSpecimen, Column::kExhibitKind, Column::kCalibre,
        Column::kBulletClass, Column::kLandCount, Column::kTwist, Column::kRifling,
        Column::kLandWidthMeanUm, Column::kCase, Column::kDate, Column::kCircumstances,
        Column::kStudy, Column::kSourceFirearm}) {
    if (values[column] != first[column]) {
      return Refuse(values.line, ColumnName(column),
                    absl::StrFormat("differs from line %d of the same exhibit", first.line));
    }
  }
  return absl::OkStatus();
}

// The rows of one exhibit column, or else of one specimen, as they come.
struct Group {
  std::string name;
  bool named = false;  // By the exhibit column.
  std::vector<Values> values;
  std::vector<ManifestRow> rows;
};

absl::StatusOr<ManifestExhibit> MakeExhibit(const Values& values, std::string label,
                                            std::vector<ManifestRow> rows) {
  ManifestExhibit exhibit;
  exhibit.label = std::move(label);
  exhibit.specimen = values[Column::kSpecimen];
  exhibit.format = *ScanFormat(values[Column::kKind]);
  exhibit.rows = std::move(rows);
  std::sort(exhibit.rows.begin(), exhibit.rows.end(),
            [](const ManifestRow& a, const ManifestRow& b) { return a.land < b.land; });
  PM_ASSIGN_OR_RETURN(exhibit.kind, ReadKind(values, ItemKind::kBullet));
  PM_ASSIGN_OR_RETURN(exhibit.characteristics, ReadCharacteristics(values));
  exhibit.calibre = values[Column::kCalibre];
  exhibit.case_reference = values[Column::kCase];
  exhibit.incident_date = values[Column::kDate];
  PM_ASSIGN_OR_RETURN(exhibit.circumstances, ReadCircumstances(values));
  exhibit.study = values[Column::kStudy];
  exhibit.source_firearm = values[Column::kSourceFirearm];
  exhibit.truth_basis = values[Column::kTruthBasis];
  const absl::Status identity = CheckExhibitIdentity({.label = exhibit.label,
                                                      .case_reference = exhibit.case_reference,
                                                      .incident_date = exhibit.incident_date,
                                                      .note = ""});
  if (!identity.ok()) return Refuse(values.line, std::string(identity.message()));
  return exhibit;
}

// A specimen scanned twice repeats its lands: the n-th row of each land belongs to its n-th set.
// That is only certain when every land comes equally often, and never guessed where the manifest
// names exhibits itself.
absl::StatusOr<std::vector<std::vector<ManifestRow>>> SplitIntoSets(const Group& group) {
  std::map<std::int32_t, std::size_t> seen;
  std::vector<std::vector<ManifestRow>> sets;
  for (const ManifestRow& row : group.rows) {
    const std::size_t set = seen[*row.land]++;
    if (set > 0 && group.named) {
      return Refuse(row.line, ColumnName(Column::kLand),
                    absl::StrFormat("land %d comes twice in the exhibit", *row.land));
    }
    if (set == sets.size()) sets.emplace_back();
    sets[set].push_back(row);
  }
  for (const auto& [land, count] : seen) {
    if (count == sets.size()) continue;
    return Refuse(group.rows.front().line, ColumnName(Column::kSpecimen),
                  absl::StrFormat("land %d of the specimen comes %d times, another %d times: tell "
                                  "its sets of scans apart in the column exhibit",
                                  land, count, sets.size()));
  }
  return sets;
}

absl::Status AddExhibits(const Group& group, std::vector<ManifestExhibit>& exhibits) {
  for (const Values& values : group.values) {
    PM_RETURN_IF_ERROR(CheckAgreement(values, group.values.front()));
  }
  PM_ASSIGN_OR_RETURN(std::vector<std::vector<ManifestRow>> sets, SplitIntoSets(group));
  for (std::size_t set = 0; set < sets.size(); ++set) {
    std::string label = set == 0 ? group.name : absl::StrFormat("%s#%d", group.name, set + 1);
    PM_ASSIGN_OR_RETURN(ManifestExhibit exhibit,
                        MakeExhibit(group.values.front(), std::move(label), std::move(sets[set])));
    exhibits.push_back(std::move(exhibit));
  }
  return absl::OkStatus();
}

// Puts rows where they belong.
class Collector {
 public:
  absl::Status Add(Values values) {
    PM_ASSIGN_OR_RETURN(ManifestRow row, ReadRow(values));
    if (IsCase(row.kind)) return AddCase(values, std::move(row));
    if (!ScanFormat(row.kind)) {
      unsupported_.push_back(std::move(row));
      return absl::OkStatus();
    }
    const bool named = !values[Column::kExhibit].empty();
    const std::string& name = named ? values[Column::kExhibit] : row.specimen;
    const auto [place, added] = group_of_.emplace(std::pair(named, name), groups_.size());
    if (added) groups_.push_back({.name = name, .named = named, .values = {}, .rows = {}});
    Group& group = groups_[place->second];
    group.values.push_back(std::move(values));
    group.rows.push_back(std::move(row));
    return absl::OkStatus();
  }

  absl::StatusOr<Manifest> Finish() {
    Manifest manifest;
    manifest.cases = std::move(cases_);
    manifest.unsupported = std::move(unsupported_);
    for (const Group& group : groups_) {
      PM_RETURN_IF_ERROR(AddExhibits(group, manifest.exhibits));
    }
    std::map<std::string_view, std::int64_t> line_of;
    for (const ManifestExhibit& exhibit : manifest.exhibits) {
      const std::int64_t line = exhibit.rows.front().line;
      const auto [other, fresh] = line_of.emplace(exhibit.label, line);
      if (!fresh) {
        return Refuse(
            line, absl::StrFormat("an exhibit begun at line %d has the same label", other->second));
      }
    }
    return manifest;
  }

 private:
  absl::Status AddCase(const Values& values, ManifestRow row) {
    ManifestCase mark;
    mark.label = values[Column::kExhibit].empty() ? row.specimen : values[Column::kExhibit];
    if (const int scan = ++scans_of_mark_[{mark.label, row.kind}]; scan > 1) {
      mark.label += absl::StrFormat("#%d", scan);
    }
    mark.region = CaseRegion(row.kind);
    mark.row = std::move(row);
    PM_ASSIGN_OR_RETURN(mark.kind, ReadKind(values, ItemKind::kCartridgeCase));
    PM_ASSIGN_OR_RETURN(mark.characteristics, ReadCharacteristics(values));
    mark.calibre = values[Column::kCalibre];
    mark.case_reference = values[Column::kCase];
    mark.incident_date = values[Column::kDate];
    PM_ASSIGN_OR_RETURN(mark.circumstances, ReadCircumstances(values));
    mark.study = values[Column::kStudy];
    mark.source_firearm = values[Column::kSourceFirearm];
    const ExhibitIdentity identity{.label = mark.label,
                                   .case_reference = mark.case_reference,
                                   .incident_date = mark.incident_date,
                                   .note = ""};
    if (const absl::Status check = CheckExhibitIdentity(identity); !check.ok()) {
      return Refuse(values.line, std::string(check.message()));
    }
    cases_.push_back(std::move(mark));
    return absl::OkStatus();
  }

  std::map<std::pair<bool, std::string>, std::size_t> group_of_;
  std::vector<Group> groups_;
  std::map<std::pair<std::string, std::string>, int> scans_of_mark_;  // By label and kind.
  std::vector<ManifestCase> cases_;
  std::vector<ManifestRow> unsupported_;
};

}  // namespace

bool IsDerivedTruth(std::string_view truth_basis) {
  constexpr std::string_view kWord = "derived";
  const auto same_letter = [](char a, char b) { return (a | 0x20) == b; };
  return std::search(truth_basis.begin(), truth_basis.end(), kWord.begin(), kWord.end(),
                     same_letter) != truth_basis.end();
}

absl::StatusOr<Manifest> ParseManifest(std::string_view text) {
  if (static_cast<std::int64_t>(text.size()) > kManifestBytesMax) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("%d bytes, at most %d", text.size(), kManifestBytesMax));
  }
  CsvReader csv(text,
                {.columns_max = kManifestColumnsMax, .field_bytes_max = kManifestFieldBytesMax});
  PM_ASSIGN_OR_RETURN(const std::vector<std::string> names, csv.NextRecord());
  PM_ASSIGN_OR_RETURN(const Header header, Header::Read(names));

  Collector collector;
  std::int64_t rows = 0;
  while (!csv.AtEnd()) {
    const std::int64_t line = csv.line();
    PM_ASSIGN_OR_RETURN(std::vector<std::string> record, csv.NextRecord());
    if (record.empty()) continue;
    if (++rows > kManifestRowsMax) {
      return absl::ResourceExhaustedError(
          absl::StrFormat("line %d: more than %d rows", line, kManifestRowsMax));
    }
    PM_ASSIGN_OR_RETURN(Values values, ReadValues(header, line, std::move(record)));
    PM_RETURN_IF_ERROR(collector.Add(std::move(values)));
  }
  return collector.Finish();
}

}  // namespace proofmark::records

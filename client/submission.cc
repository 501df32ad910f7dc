// SPDX-License-Identifier: Apache-2.0
#include "client/submission.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <numeric>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "client/fault.h"
#include "client/file.h"
#include "crypto/hash/sha256.h"
#include "records/manifest.h"

namespace proofmark::client {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kSubmissionIdBytes = 16;
constexpr std::size_t kReadBytes = 1024 * 1024;

// The scan format a file name stands for; empty for none.
std::string_view FormatOf(const fs::path& file) {
  std::string extension = file.extension().string();
  std::ranges::transform(extension, extension.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (extension == ".x3p") return records::kFormatX3p;
  if (extension == ".csv") return records::kFormatProfileCsv;
  return {};
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Length of the run of digits at `at`.
std::size_t DigitsAt(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && IsDigit(text[end])) ++end;
  return end - at;
}

// Whether `a` comes before `b` as people sort names: numbers by value. Digits are compared as text
// of equal length, so no number is too long; leading zeros decide only between equal values.
bool NaturallyBefore(std::string_view a, std::string_view b) {
  std::size_t i = 0;
  std::size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (!IsDigit(a[i]) || !IsDigit(b[j])) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i;
      ++j;
      continue;
    }
    std::string_view x = a.substr(i, DigitsAt(a, i));
    std::string_view y = b.substr(j, DigitsAt(b, j));
    i += x.size();
    j += y.size();
    x.remove_prefix(std::min(x.find_first_not_of('0'), x.size()));
    y.remove_prefix(std::min(y.find_first_not_of('0'), y.size()));
    if (x.size() != y.size()) return x.size() < y.size();
    if (x != y) return x < y;
  }
  if (a.size() - i != b.size() - j) return a.size() - i < b.size() - j;
  return a < b;
}

// The entries of a folder, sorted by name.
absl::StatusOr<std::vector<fs::directory_entry>> EntriesOf(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    entries.push_back(*it);
  }
  if (error) {
    return MakeFault(FaultCode::kCannotRead,
                     absl::StrFormat("%s: %s", folder.string(), error.message()));
  }
  std::ranges::sort(entries, [](const fs::directory_entry& a, const fs::directory_entry& b) {
    return NaturallyBefore(a.path().filename().string(), b.path().filename().string());
  });
  return entries;
}

// The scans directly in `folder`; everything else goes to `skipped`.
absl::StatusOr<std::vector<fs::path>> ScansIn(const fs::path& folder,
                                              std::vector<Skipped>& skipped) {
  PM_ASSIGN_OR_RETURN(const std::vector<fs::directory_entry> entries, EntriesOf(folder));
  std::vector<fs::path> scans;
  for (const fs::directory_entry& entry : entries) {
    std::error_code error;
    const fs::path& path = entry.path();
    if (entry.is_directory(error)) {
      skipped.push_back({path.string(), "a folder below an exhibit's folder is not looked into"});
    } else if (FormatOf(path).empty()) {
      skipped.push_back({path.string(), "neither .x3p nor .csv"});
    } else {
      scans.push_back(path);
    }
  }
  return scans;
}

// Adds one exhibit, or says why it cannot be one.
void AddExhibit(std::vector<fs::path> scans, std::string_view label,
                const SubmissionDefaults& defaults, SubmissionPlan& plan) {
  absl::StatusOr<Submission> submission = PlanExhibit(scans, {}, label, defaults);
  if (submission.ok()) {
    plan.submissions.push_back(*std::move(submission));
  } else {
    plan.skipped.push_back({std::string(label), std::string(submission.status().message())});
  }
}

// What the manifest says of an exhibit wins over what the command line says of all. `Listed` is
// records::ManifestExhibit or ManifestCase.
template <typename Listed>
records::SubmissionHeader HeaderOf(const Listed& exhibit, const SubmissionDefaults& defaults) {
  records::SubmissionHeader header;
  header.kind = exhibit.kind;
  header.characteristics = exhibit.characteristics;
  const records::ClassCharacteristics& given = defaults.characteristics;
  records::ClassCharacteristics& known = header.characteristics;
  if (known.calibre_code.empty() && known.bullet_class.empty()) {
    known.calibre_code = given.calibre_code;
    known.bullet_class = given.bullet_class;
  }
  if (!known.land_count) known.land_count = given.land_count;
  if (!known.twist) known.twist = given.twist;
  if (!known.rifling) known.rifling = given.rifling;
  if (!known.land_width_mean_um) known.land_width_mean_um = given.land_width_mean_um;
  if (!known.firing_pin_shape) known.firing_pin_shape = given.firing_pin_shape;
  if (!known.aperture_shape) known.aperture_shape = given.aperture_shape;
  if (!known.breech_face_class) known.breech_face_class = given.breech_face_class;

  const auto prefer = [](const std::string& own, const std::string& general) {
    return own.empty() ? general : own;
  };
  header.identity = {.label = exhibit.label,
                     .case_reference = prefer(exhibit.case_reference, defaults.case_reference),
                     .incident_date = prefer(exhibit.incident_date, defaults.incident_date),
                     .note = defaults.note,
                     .circumstances = exhibit.circumstances.empty() ? defaults.circumstances
                                                                    : exhibit.circumstances};
  return header;
}

Submission FromManifest(const records::ManifestExhibit& exhibit, const fs::path& folder,
                        const SubmissionDefaults& defaults) {
  Submission submission;
  submission.header = HeaderOf(exhibit, defaults);
  std::int32_t next_land = 1;
  for (const records::ManifestRow& row : exhibit.rows) {
    const std::int32_t land = row.land.value_or(next_land);
    next_land = land + 1;
    submission.header.scans.push_back(
        {.place = {.land_number = land}, .format = exhibit.format, .size_bytes = 0, .sha256 = {}});
    submission.files.push_back(folder / row.file);
  }
  return submission;
}

// Adds the cases of a manifest: its rows are marks, and marks of one label are one case.
void AddCases(const records::Manifest& manifest, const fs::path& folder,
              const SubmissionDefaults& defaults, SubmissionPlan& plan) {
  std::map<std::string, std::map<records::MarkPlace, const records::ManifestCase*>> marks;
  std::vector<std::string> labels;  // In the order of their first rows.
  for (const records::ManifestCase& mark : manifest.cases) {
    if (!mark.region) {
      plan.skipped.push_back({absl::StrFormat("line %d: %s", mark.row.line, mark.row.file),
                              absl::StrFormat("kind %s: no mark of a case", mark.row.kind)});
      continue;
    }
    if (!marks.contains(mark.label)) labels.push_back(mark.label);
    marks[mark.label].emplace(records::MarkPlace{.region = *mark.region, .land_number = 0}, &mark);
  }
  for (const std::string& label : labels) {
    Submission submission;
    submission.header = HeaderOf(*marks[label].begin()->second, defaults);
    for (const auto& [place, mark] : marks[label]) {
      submission.header.scans.push_back({.place = place,
                                         .format = std::string(records::kFormatX3p),
                                         .size_bytes = 0,
                                         .sha256 = {}});
      submission.files.push_back(folder / mark->row.file);
    }
    plan.submissions.push_back(std::move(submission));
  }
}

// The mark that a file's name contains: "K-17 firing_pin.x3p".
std::optional<records::MarkRegion> RegionInName(const fs::path& file) {
  std::string name = file.stem().string();
  std::ranges::transform(name, name.begin(), [](unsigned char c) {
    return c == '-' || c == ' ' ? '_' : static_cast<char>(std::toupper(c));
  });
  for (const records::MarkRegion region : records::kMarkRegions) {
    if (region != records::MarkRegion::kLand &&
        name.find(records::MarkRegionCode(region)) != std::string::npos) {
      return region;
    }
  }
  return std::nullopt;
}

// What the files of an exhibit show when nobody said; nullopt where that cannot be told.
std::optional<std::vector<records::MarkPlace>> GuessPlaces(std::span<const fs::path> files,
                                                           records::ExhibitKind kind) {
  std::vector<records::MarkPlace> places;
  for (const fs::path& file : files) {
    if (records::ItemOf(kind) == records::ItemKind::kBullet) {
      places.push_back({.land_number = static_cast<std::int32_t>(places.size()) + 1});
    } else if (const std::optional<records::MarkRegion> region = RegionInName(file)) {
      places.push_back({.region = *region, .land_number = 0});
    } else if (files.size() == 1) {
      places.push_back({.region = records::MarkRegion::kBreechFace, .land_number = 0});
    } else {
      return std::nullopt;
    }
  }
  return places;
}

absl::Status MeasureScan(const fs::path& file, records::ScanAnnouncement& scan) {
  std::ifstream in(file, std::ios::binary);
  std::error_code error;
  if (!in || !fs::is_regular_file(file, error)) {
    return MakeFault(FaultCode::kCannotRead,
                     absl::StrFormat("%s: absent, no file, or not readable", file.string()));
  }
  crypto::Sha256Hasher hasher;
  std::string buffer(kReadBytes, '\0');
  scan.size_bytes = 0;
  while (in.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || in.gcount() > 0) {
    hasher.Update(std::string_view(buffer.data(), static_cast<std::size_t>(in.gcount())));
    scan.size_bytes += in.gcount();
    if (scan.size_bytes > records::kScanBytesMax) {
      return MakeFault(FaultCode::kCannotRead,
                       absl::StrFormat("%s: larger than the %d bytes a scan may have",
                                       file.string(), records::kScanBytesMax));
    }
  }
  scan.sha256 = std::string(crypto::AsText(hasher.Finish()));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Submission> PlanExhibit(std::span<const fs::path> files,
                                       std::span<const records::MarkPlace> places,
                                       std::string_view label, const SubmissionDefaults& defaults) {
  const auto usage = [label](std::string_view what) {
    return MakeFault(FaultCode::kUsage, absl::StrFormat("exhibit \"%s\": %s", label, what));
  };
  if (files.empty() || files.size() > static_cast<std::size_t>(records::kLandsMax)) {
    return usage(
        absl::StrFormat("%d scans; 1..%d make an exhibit", files.size(), records::kLandsMax));
  }
  if (!places.empty() && places.size() != files.size()) {
    return usage(absl::StrFormat("%d marks named for %d files", places.size(), files.size()));
  }
  std::optional<std::vector<records::MarkPlace>> shown =
      places.empty() ? GuessPlaces(files, defaults.kind)
                     : std::vector<records::MarkPlace>(places.begin(), places.end());
  if (!shown) return usage("say with --region which mark of the case each file shows");
  std::vector<std::pair<records::MarkPlace, fs::path>> placed;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (FormatOf(files[i]).empty()) {
      return usage(absl::StrFormat("%s is neither .x3p nor .csv", files[i].string()));
    }
    placed.emplace_back((*shown)[i], files[i]);
  }
  std::ranges::stable_sort(placed, {}, &std::pair<records::MarkPlace, fs::path>::first);
  Submission submission;
  submission.header.identity = {.label = std::string(label),
                                .case_reference = defaults.case_reference,
                                .incident_date = defaults.incident_date,
                                .note = defaults.note,
                                .circumstances = defaults.circumstances};
  submission.header.kind = defaults.kind;
  submission.header.characteristics = defaults.characteristics;
  std::ranges::sort(*shown);
  if (const absl::Status check = records::CheckMarkPlaces("marks", defaults.kind, *shown);
      !check.ok()) {
    return usage(std::string(check.message()));
  }
  for (const auto& [place, file] : placed) {
    submission.header.scans.push_back(
        {.place = place, .format = std::string(FormatOf(file)), .size_bytes = 0, .sha256 = {}});
    submission.files.push_back(file);
  }
  return submission;
}

absl::StatusOr<SubmissionPlan> PlanFolder(const fs::path& folder,
                                          const SubmissionDefaults& defaults) {
  PM_ASSIGN_OR_RETURN(const std::vector<fs::directory_entry> entries, EntriesOf(folder));
  SubmissionPlan plan;
  for (const fs::directory_entry& entry : entries) {
    std::error_code error;
    if (!entry.is_directory(error)) continue;
    PM_ASSIGN_OR_RETURN(std::vector<fs::path> scans, ScansIn(entry.path(), plan.skipped));
    if (scans.empty()) {
      plan.skipped.push_back({entry.path().string(), "holds no .x3p and no .csv file"});
    } else {
      AddExhibit(std::move(scans), entry.path().filename().string(), defaults, plan);
    }
  }
  const bool flat = plan.submissions.empty();
  if (flat) plan.skipped.clear();  // Said again, more aptly, by the reading as one exhibit.
  std::vector<Skipped> beside;
  PM_ASSIGN_OR_RETURN(std::vector<fs::path> scans, ScansIn(folder, beside));
  if (flat) {
    if (scans.empty()) {
      return MakeFault(FaultCode::kNothingToSubmit,
                       absl::StrFormat("%s holds no .x3p and no .csv file", folder.string()));
    }
    const fs::path whole = fs::absolute(folder).lexically_normal();
    const fs::path name = whole.has_filename() ? whole.filename() : whole.parent_path().filename();
    AddExhibit(std::move(scans), name.string(), defaults, plan);
    plan.skipped.insert(plan.skipped.end(), beside.begin(), beside.end());
    return plan;
  }
  for (const fs::path& scan : scans) {
    plan.skipped.push_back({scan.string(), "lies beside the exhibits' folders; put it into one"});
  }
  for (const Skipped& other : beside) {
    std::error_code error;
    if (!fs::is_directory(other.what, error)) plan.skipped.push_back(other);
  }
  return plan;
}

absl::StatusOr<SubmissionPlan> PlanManifest(const fs::path& manifest,
                                            const SubmissionDefaults& defaults) {
  PM_ASSIGN_OR_RETURN(const std::string text, ReadFile(manifest, records::kManifestBytesMax));
  const absl::StatusOr<records::Manifest> parsed = records::ParseManifest(text);
  if (!parsed.ok()) {
    return MakeFault(FaultCode::kManifest,
                     absl::StrFormat("%s: %s", manifest.string(), parsed.status().message()));
  }
  SubmissionPlan plan;
  for (const records::ManifestExhibit& exhibit : parsed->exhibits) {
    plan.submissions.push_back(FromManifest(exhibit, manifest.parent_path(), defaults));
  }
  AddCases(*parsed, manifest.parent_path(), defaults, plan);
  for (const records::ManifestRow& row : parsed->unsupported) {
    plan.skipped.push_back({absl::StrFormat("line %d: %s", row.line, row.file),
                            absl::StrFormat("kind %s: not supported by this version", row.kind)});
  }
  return plan;
}

absl::Status MeasureScans(Submission& submission) {
  for (std::size_t i = 0; i < submission.files.size(); ++i) {
    PM_RETURN_IF_ERROR(MeasureScan(submission.files[i], submission.header.scans[i]));
  }
  return records::CheckSubmissionHeader(submission.header);
}

std::string SubmissionId(const records::SubmissionHeader& header) {
  std::vector<std::pair<records::MarkPlace, std::string>> scans;
  for (const records::ScanAnnouncement& scan : header.scans) {
    scans.emplace_back(scan.place, scan.sha256);
  }
  const crypto::Sha256Digest digest =
      crypto::Sha256(records::SubmissionIdPreimage(header.identity.label, header.kind, scans));
  return std::string(crypto::AsText(digest).substr(0, kSubmissionIdBytes));
}

std::int64_t BytesOf(const Submission& submission) {
  std::int64_t bytes = 0;
  for (const fs::path& file : submission.files) {
    std::error_code error;
    const std::uintmax_t size = fs::file_size(file, error);
    if (!error) bytes += static_cast<std::int64_t>(size);
  }
  return bytes;
}

}  // namespace proofmark::client

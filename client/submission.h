// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "records/submission.h"

// The generated classes by name only; whoever calls a method includes the .pb.h itself.
namespace proofmark::v1 {
class FindSubmissionRequest;
class FindSubmissionResponse;
class SubmitExhibitResponse;
}  // namespace proofmark::v1

namespace proofmark::client {

// One exhibit on its way: what is said about it, and where its scans lie.
struct Submission {
  records::SubmissionHeader header;          // Hashes are empty until MeasureScans().
  std::vector<std::filesystem::path> files;  // One for each header.scans, in their order.
};

// Something that was found and will not be sent, with the reason. Never dropped in silence.
struct Skipped {
  std::string what;    // A path, or a line of the manifest.
  std::string reason;  // One sentence.
};

struct SubmissionPlan {
  std::vector<Submission> submissions;
  std::vector<Skipped> skipped;
};

// What is the same for every exhibit of one command line.
struct SubmissionDefaults {
  records::ExhibitKind kind = records::ExhibitKind::kBulletEvidence;
  records::ClassCharacteristics characteristics;
  std::string case_reference;
  std::string incident_date;
  std::string note;
  std::vector<std::string> circumstances{};  // Of records::ShareTriggerCodes(), ascending.
};

// One exhibit of several files: `places[i]` is the mark that `files[i]` shows. With `places` empty
// a bullet's files are its lands 1, 2, 3... in the order given, and a case's are the marks that
// their names contain (`breech_face`, `firing_pin`, `aperture_shear`, `ejector`), a single one
// without such a name its breech face.
//   kUsage, kCannotRead (faults)
absl::StatusOr<Submission> PlanExhibit(std::span<const std::filesystem::path> files,
                                       std::span<const records::MarkPlace> places,
                                       std::string_view label, const SubmissionDefaults& defaults);

// A folder: every direct sub-folder that holds scans is one exhibit named after it; a folder
// without such sub-folders is itself one exhibit. Scans are sorted by name, numbers in names by
// their value (L2 before L10), and become lands 1, 2, 3... Anything else is listed as skipped.
//   kCannotRead, kNothingToSubmit (faults)
absl::StatusOr<SubmissionPlan> PlanFolder(const std::filesystem::path& folder,
                                          const SubmissionDefaults& defaults);

// A manifest (docs/formats/manifest.md). Paths in it are relative to its own folder. Columns that
// state the truth are ignored. What the manifest says of a row comes before `defaults`.
//   kCannotRead, kManifest (faults)
absl::StatusOr<SubmissionPlan> PlanManifest(const std::filesystem::path& manifest,
                                            const SubmissionDefaults& defaults);

// Fills in the size and SHA-256 of every scan and checks the header.
//   kCannotRead (fault), kInvalidArgument naming the field and its bound.
absl::Status MeasureScans(Submission& submission);

// The name of this content (16 bytes): the same files, label and kind always give the same.
// docs/formats/submission-id.md. After MeasureScans().
std::string SubmissionId(const records::SubmissionHeader& header);

// Bytes of all scans, from the file system; 0 for files that are not there.
std::int64_t BytesOf(const Submission& submission);

// Where submissions go: a node, or a stand-in. Implementations allow concurrent calls.
class SubmissionPort {
 public:
  virtual ~SubmissionPort() = default;
  virtual absl::StatusOr<v1::FindSubmissionResponse> FindSubmission(
      const v1::FindSubmissionRequest& request) = 0;
  // `on_bytes` is told the bytes of each chunk as it is sent.
  virtual absl::StatusOr<v1::SubmitExhibitResponse> SubmitExhibit(
      const Submission& submission, const std::function<void(std::int64_t)>& on_bytes,
      const std::stop_token& stop) = 0;
};

}  // namespace proofmark::client

// SPDX-License-Identifier: Apache-2.0
// Property: bytes from outside are refused or give a value within its bounds; such a value can be
// written, and what was written gives the same value again. The first byte chooses the type.
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/check.h"
#include "google/protobuf/stubs/logging.h"
#include "proto/wire/correction.h"
#include "proto/wire/details.h"
#include "proto/wire/envelope.h"
#include "proto/wire/exhibit.h"
#include "proto/wire/firearm.h"
#include "proto/wire/firearm_check.h"
#include "proto/wire/link.h"
#include "proto/wire/lookup.h"
#include "proto/wire/match.h"
#include "proto/wire/search.h"
#include "proto/wire/signature.h"
#include "proto/wire/standing.h"
#include "proto/wire/stored.h"
#include "records/manifest.h"

namespace {

namespace records = proofmark::records;
namespace wire = proofmark::wire;

constexpr char kExhibitId[] = "00112233445566778899aabbccddeeff";

// The same when their bytes are, and where == is defined by that, too.
template <typename Parse>
void ExpectSameAgain(std::string_view bytes, const Parse& parse) {
  const auto value = parse(bytes);
  if (!value.ok()) return;
  const auto written = wire::Serialise(*value);
  PM_CHECK(written.ok());
  const auto again = parse(*written);
  PM_CHECK(again.ok());
  if constexpr (std::equality_comparable<decltype(*value)>) PM_CHECK(*again == *value);
  PM_CHECK(*wire::Serialise(*again) == *written);
}

void ExpectSoundManifest(std::string_view text) {
  const auto manifest = records::ParseManifest(text);
  if (!manifest.ok()) return;
  std::set<std::string_view> labels;
  for (const records::ManifestExhibit& exhibit : manifest->exhibits) {
    PM_CHECK(labels.insert(exhibit.label).second);
    PM_CHECK(!exhibit.rows.empty());
    PM_CHECK(records::CheckClassCharacteristics(exhibit.characteristics).ok());
    std::int32_t land_before = 0;
    for (const records::ManifestRow& row : exhibit.rows) {
      PM_CHECK(row.land && *row.land > land_before && *row.land <= records::kLandsMax);
      PM_CHECK(!row.file.empty() && row.file.front() != '/');
      land_before = *row.land;
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  [[maybe_unused]] static const auto quiet = google::protobuf::SetLogHandler(nullptr);
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0]) {
    // Between nodes.
    case 'e':
      return ExpectSameAgain(bytes, wire::ParseEnvelope), 0;
    case 'q':
      return ExpectSameAgain(bytes, wire::ParseMatchQuestion), 0;
    case 'a':
      return ExpectSameAgain(bytes, wire::ParseMatchAnswer), 0;
    case 'l':
      return ExpectSameAgain(bytes, wire::ParseLinkNotice), 0;
    case 'd':
      return ExpectSameAgain(bytes, wire::ParseDetailsRequest), 0;
    case 'D':
      return ExpectSameAgain(bytes, wire::ParseDetailsAnswer), 0;
    case 'v':
      return ExpectSameAgain(bytes, wire::ParseDetailsDecision), 0;
    case 'n':
      return ExpectSameAgain(bytes, wire::ParseNoticeAnswer), 0;
    case 'z':
      return ExpectSameAgain(bytes, wire::ParseReleasedDetails), 0;
    case 'Z':
      return ExpectSameAgain(bytes, wire::ParseReleasedScanPart), 0;
    case 'k':
      return ExpectSameAgain(bytes, wire::ParseCorrection), 0;
    case 't':
      return ExpectSameAgain(bytes, wire::ParseLookupTableQuestion), 0;
    case 'T':
      return ExpectSameAgain(bytes, wire::ParseLookupTableAnswer), 0;
    case 'u':
      return ExpectSameAgain(bytes, wire::ParseLookupQuestion), 0;
    case 'U':
      return ExpectSameAgain(bytes, wire::ParseLookupAnswer), 0;
    case 'w':
      return ExpectSameAgain(bytes, wire::ParseLookupHitQuestion), 0;
    case 'W':
      return ExpectSameAgain(bytes, wire::ParseLookupHitAnswer), 0;
    case 'p':
      return ExpectSameAgain(bytes, wire::ParseFirearmCheckQuestion), 0;
    case 'P':
      return ExpectSameAgain(bytes, wire::ParseFirearmCheckAnswer), 0;
    case 'y':
      return ExpectSameAgain(bytes, wire::ParseCollectionQuestion), 0;
    case 'Y':
      return ExpectSameAgain(bytes, wire::ParseCollectionAnswer), 0;
    // Inside an agency, and kept by it.
    case 'h':
      return ExpectSameAgain(bytes, wire::ParseSubmissionHeader), 0;
    case 'i':
      return ExpectSameAgain(bytes, wire::ParseIdentity), 0;
    case 's':
      return ExpectSameAgain(bytes, wire::ParseSearch), 0;
    case 'b':
      return ExpectSameAgain(bytes, wire::ParseSignature), 0;
    case 'x':
      return ExpectSameAgain(
                 bytes, [](std::string_view b) { return wire::ParseStoredExhibit(kExhibitId, b); }),
             0;
    case 'c':
      return ExpectSameAgain(bytes, wire::ParseStoredExchange), 0;
    case 'r':
      return ExpectSameAgain(bytes, wire::ParseStoredRosterRow), 0;
    case 'L':
      return ExpectSameAgain(bytes, wire::ParseLink), 0;
    case 'f':
      return ExpectSameAgain(bytes, wire::ParseDetailsFile), 0;
    case 'K':
      return ExpectSameAgain(bytes, wire::ParseCorrectionFile), 0;
    case 'g':
      return ExpectSameAgain(bytes, wire::ParseKeptFirearm), 0;
    case 'S':
      return ExpectSameAgain(bytes, wire::ParseStandingQuestion), 0;
    case 'N':
      return ExpectSameAgain(bytes, wire::ParseReceivedFirearmNotice), 0;
    case 'A':
      return ExpectSameAgain(bytes, wire::ParseKeptAlarmTest), 0;
    case 'm':
      return ExpectSoundManifest(bytes), 0;
    default:
      return 0;
  }
}

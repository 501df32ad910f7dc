// SPDX-License-Identifier: Apache-2.0
// Property: bytes from outside are refused or give a value within its bounds; such a value can be
// written, and what was written gives the same value again. The first byte chooses the type.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/check.h"
#include "google/protobuf/stubs/logging.h"
#include "proto/wire/correction.h"
#include "proto/wire/envelope.h"
#include "proto/wire/exhibit.h"
#include "proto/wire/firearm_check.h"
#include "proto/wire/match.h"
#include "proto/wire/search.h"
#include "proto/wire/signature.h"
#include "proto/wire/stored.h"
#include "records/manifest.h"

namespace {

namespace records = proofmark::records;
namespace wire = proofmark::wire;

constexpr char kExhibitId[] = "00112233445566778899aabbccddeeff";

template <typename Parse>
void ExpectSameAgain(std::string_view bytes, const Parse& parse) {
  const auto value = parse(bytes);
  if (!value.ok()) return;
  const auto written = wire::Serialise(*value);
  PM_CHECK(written.ok());
  const auto again = parse(*written);
  PM_CHECK(again.ok());
  PM_CHECK(*again == *value);
  PM_CHECK(*wire::Serialise(*again) == *written);
}

// Envelopes have no ==: they are the same when their bytes are.
void ExpectSameEnvelopeAgain(std::string_view bytes) {
  const auto envelope = wire::ParseEnvelope(bytes);
  if (!envelope.ok()) return;
  const auto written = wire::Serialise(*envelope);
  PM_CHECK(written.ok());
  const auto again = wire::ParseEnvelope(*written);
  PM_CHECK(again.ok());
  PM_CHECK(proofmark::crypto::EnvelopeHash(*again) == proofmark::crypto::EnvelopeHash(*envelope));
  PM_CHECK(again->payload == envelope->payload);
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
    case 'q':
      ExpectSameAgain(bytes, wire::ParseMatchQuestion);
      break;
    case 'a':
      ExpectSameAgain(bytes, wire::ParseMatchAnswer);
      break;
    case 'x':
      ExpectSameAgain(bytes,
                      [](std::string_view b) { return wire::ParseStoredExhibit(kExhibitId, b); });
      break;
    case 'c':
      ExpectSameAgain(bytes, wire::ParseStoredExchange);
      break;
    case 'r':
      ExpectSameAgain(bytes, wire::ParseStoredRosterRow);
      break;
    case 'h':
      ExpectSameAgain(bytes, wire::ParseSubmissionHeader);
      break;
    case 'i':
      ExpectSameAgain(bytes, wire::ParseIdentity);
      break;
    case 's':
      ExpectSameAgain(bytes, wire::ParseSearch);
      break;
    case 'b':
      ExpectSameAgain(bytes, wire::ParseSignature);
      break;
    case 'k':
      ExpectSameAgain(bytes, wire::ParseCorrection);
      break;
    case 'f':
      ExpectSameAgain(bytes, wire::ParseFirearmCheckQuestion);
      break;
    case 'g':
      ExpectSameAgain(bytes, wire::ParseFirearmCheckAnswer);
      break;
    case 'n':
      ExpectSameAgain(bytes, wire::ParseReceivedFirearmNotice);
      break;
    case 't':
      ExpectSameAgain(bytes, wire::ParseKeptAlarmTest);
      break;
    case 'e':
      ExpectSameEnvelopeAgain(bytes);
      break;
    case 'm':
      ExpectSoundManifest(bytes);
      break;
    default:
      break;
  }
  return 0;
}

// SPDX-License-Identifier: Apache-2.0
// Writes the seeds of wire_fuzz: wire_corpus tests/fuzz/corpus/wire. Generated values only; the
// same files every time.
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/check.h"
#include "proto/wire/details.h"
#include "proto/wire/envelope.h"
#include "proto/wire/firearm.h"
#include "proto/wire/link.h"
#include "proto/wire/lookup.h"
#include "proto/wire/signature.h"
#include "proto/wire/standing.h"
#include "tests/support/random_values.h"

namespace {

using proofmark::testing::RandomValues;
namespace wire = proofmark::wire;

constexpr std::size_t kSeedBytesMax = 8'192;

int written = 0;

void Write(const std::filesystem::path& folder, char type, int number, const std::string& bytes) {
  std::ofstream out(folder / (std::string(1, type) + std::to_string(number)), std::ios::binary);
  out << type << bytes;
  PM_CHECK(out.good());
  ++written;
}

// The first few values, of those that `make` gives, that are small.
template <typename Make>
void WriteSmallOnes(const std::filesystem::path& folder, char type, const Make& make) {
  constexpr int kSeeds = 4;
  RandomValues random(static_cast<std::uint64_t>(type));
  for (int number = 0; number < kSeeds;) {
    const absl::StatusOr<std::string> bytes = wire::Serialise(make(random));
    PM_CHECK(bytes.ok());
    if (bytes->size() <= kSeedBytesMax) Write(folder, type, number++, *bytes);
  }
}

constexpr std::int64_t kNowMs = 1'790'000'000'000;

// One of each, in the order of the letters' numbers.
template <typename... Values>
void WriteThese(const std::filesystem::path& folder, char type, const Values&... values) {
  int number = 0;
  const auto write = [&](const auto& value) {
    const absl::StatusOr<std::string> bytes = wire::Serialise(value);
    PM_CHECK(bytes.ok());
    Write(folder, type, number++, *bytes);
  };
  (write(values), ...);
}

void WriteSecondStep(const std::filesystem::path& folder) {
  const std::string exchange(16, 'x');
  const wire::LinkStep step{.state = proofmark::records::LinkState::kLead,
                            .by = "examiner-1",
                            .conclusion = "ID",
                            .report = "R-1",
                            .unix_ms = kNowMs};
  WriteThese(folder, 'l',
             wire::LinkNotice{.question_exchange_id = exchange,
                              .step_count = 2,
                              .step = step,
                              .purpose = "CRIMINAL_INVESTIGATION"});
  wire::Link link{.link_id = std::string(32, 'a'),
                  .agency = "fr.example",
                  .search_id = std::string(32, 'b'),
                  .question_exchange_id = exchange,
                  .handle = proofmark::crypto::Sha256Digest{},
                  .steps = {step},
                  .purpose = "CRIMINAL_INVESTIGATION"};
  link.exhibit_id = std::string(32, 'c');
  WriteThese(folder, 'L', link);
  const wire::DetailsRequest request{.question_exchange_id = exchange,
                                     .handles = {proofmark::crypto::Sha256Digest{}},
                                     .purpose = "CRIMINAL_INVESTIGATION",
                                     .offence = "HOMICIDE",
                                     .actor = "examiner-1",
                                     .confirmed_by = "examiner-1",
                                     .facts = "Shots were fired at a house.",
                                     .wanted = {wire::Material::kCoreData},
                                     .sealing_key = std::string(32, 'k')};
  WriteThese(folder, 'd', request);
  const wire::Refusal refusal{"POLICY", "not in this case"};
  WriteThese(
      folder, 'D',
      wire::DetailsAnswer(wire::DetailsReceipt{.clock = "PRUM_URGENT", .due_unix_ms = kNowMs}),
      wire::DetailsAnswer(refusal));
  const auto decision = [&](const auto& decided) {
    return wire::DetailsDecision{.request_exchange_id = exchange,
                                 .decided_by = "officer-1",
                                 .decide_unix_ms = kNowMs,
                                 .decision = decided};
  };
  WriteThese(folder, 'v', decision(wire::SealedRelease{.box = "box"}), decision(refusal),
             decision(wire::ClockStop{.code = "COURT", .reason = "waits for a court"}),
             decision(wire::ClockStart{.due_unix_ms = kNowMs}));
  WriteThese(folder, 'n', wire::NoticeAnswer(wire::Acknowledgement{}), wire::NoticeAnswer(refusal));
  wire::Handling handling;
  handling.delete_unix_ms = kNowMs;
  const wire::ReleasedDetails released{
      .exhibits = {{.core = wire::CoreData{.incident_date = "2026-03-14", .place = "Harbour"}}},
      .handling = handling};
  WriteThese(folder, 'z', released);
  WriteThese(folder, 'Z',
             wire::ReleasedScanPart{.request_exchange_id = exchange,
                                    .place = {records::MarkRegion::kLand, 3},
                                    .offset = wire::kScanPartBytes,
                                    .released_by = "officer-1",
                                    .box = "box"});
  WriteThese(folder, 'f',
             wire::DetailsFile{.request_id = std::string(32, 'd'),
                               .agency = "fr.example",
                               .request = request,
                               .search_id = std::string(32, 'b'),
                               .ask_unix_ms = kNowMs});
}

void WriteLookups(const std::filesystem::path& folder) {
  const wire::LookupReason reason{
      .purpose = "CRIMINAL_INVESTIGATION", .offence = "", .actor = "examiner-7"};
  const wire::Refusal refusal{"POLICY", "No."};
  const std::vector<std::string> elements(4, std::string(wire::kLookupElementBytes, '\x03'));
  WriteThese(folder, 't', wire::LookupTableQuestion{.reason = reason});
  const wire::LookupTable table{.epoch = 685,
                                .size_bytes = 262'300,
                                .public_key = elements[0],
                                .key_entry = {.entry = "entry", .proof = "proof"},
                                .table_entry = {.entry = "another", .proof = "proof"}};
  WriteThese(folder, 'T', wire::LookupTableAnswer(table), wire::LookupTableAnswer(refusal));
  WriteThese(folder, 'u',
             wire::LookupQuestion{.epoch = 685, .reason = reason, .elements = elements});
  WriteThese(
      folder, 'U',
      wire::LookupAnswer{
          .outcome = wire::LookupEvaluation{.elements = elements,
                                            .proof = std::string(wire::kLookupProofBytes, 'p')}},
      wire::LookupAnswer{.outcome = refusal});
  WriteThese(folder, 'w', wire::LookupHitQuestion{.reason = reason});
  WriteThese(folder, 'W', wire::LookupHitAnswer(wire::LookupRecord{.reference = "abc"}),
             wire::LookupHitAnswer(refusal));
}

wire::KeptFirearm AFirearm() {
  namespace firearm = proofmark::firearm;
  wire::KeptFirearm kept;
  kept.id = std::string(32, 'a');
  kept.reference = std::string(32, 'b');
  kept.firearm.serials = {{.component = firearm::Component::kFrame, .raw = "AB1234"},
                          {.component = firearm::Component::kBarrel,
                           .condition = firearm::SerialCondition::kPartial,
                           .raw = "12?4"}};
  kept.firearm.firearm_class = firearm::FirearmClass::kPistolSemi;
  kept.firearm.barrel_length_mm = 116.5;
  kept.history = {{.to = firearm::State::kDeactivated, .at_unix_ms = kNowMs, .authority = "LPH"}};
  firearm::DeactivationRecord& record = kept.deactivation.emplace();
  record.standard = firearm::Standard::kEu2018;
  record.checklist_type = 1;
  record.certificate.emplace().number = "17/2019";
  record.outcomes = {{.number = "1.1", .insert_hardness_hrc = 41.0}};
  kept.exhibits = {{.exhibit_id = std::string(32, 'c'), .test_fire = true}};
  kept.findings = {{.check = firearm::CheckId::kD05, .evidence = "no mark", .fields = {"mark"}}};
  kept.changes = {{.kind = wire::FirearmChangeKind::kCreated, .unix_ms = kNowMs, .by = "lab-1"}};
  return kept;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: wire_corpus FOLDER\n");
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  std::filesystem::create_directories(folder);
  WriteSmallOnes(folder, 'q', [](RandomValues& r) { return r.Question(96); });
  WriteSmallOnes(folder, 'a', [](RandomValues& r) { return r.Answer(); });
  WriteSmallOnes(folder, 'x', [](RandomValues& r) {
    wire::StoredExhibit stored = r.Stored();
    stored.exhibit.id = "00112233445566778899aabbccddeeff";
    return stored;
  });
  WriteSmallOnes(folder, 'c', [](RandomValues& r) { return r.Exchange(); });
  WriteSmallOnes(folder, 'r', [](RandomValues& r) {
    return wire::StoredRosterRow{.kind = r.Kind(),
                                 .characteristics = r.Characteristics(),
                                 .extractor_versions = "striated/1"};
  });
  WriteSmallOnes(folder, 'h', [](RandomValues& r) { return r.Header(); });
  WriteSmallOnes(folder, 'i', [](RandomValues& r) { return r.Identity(); });
  WriteSmallOnes(folder, 's', [](RandomValues& r) { return r.Search(); });
  WriteSmallOnes(folder, 'b', [](RandomValues& r) { return r.Signature(r.Kind(), 96); });
  WriteSmallOnes(folder, 'k', [](RandomValues& r) { return r.Correction(); });
  WriteSmallOnes(folder, 't', [](RandomValues& r) { return r.Standing(); });
  WriteSmallOnes(folder, 'w', [](RandomValues& r) { return r.CollectionQuestion(); });
  WriteSmallOnes(folder, 'v', [](RandomValues& r) { return r.CollectionAnswer(); });
  WriteSmallOnes(folder, 'e', [](RandomValues& r) { return r.Envelope(); });
  WriteSecondStep(folder);
  WriteLookups(folder);
  Write(folder, 'g', 0, *wire::Serialise(AFirearm()));
  int number = 0;
  for (const char* manifest : {
           "file,kind,specimen,land\na.x3p,bullet_lea,A,1\nb.x3p,bullet_lea,A,2\n",
           "file,kind,specimen,land,firing_pin_shape,aperture_shape,breech_face_class,exhibit_"
           "kind\n"
           "a.x3p,cartridge_breech_face,A,,FLAT,CIRCULAR,MIXED,CC_TEST\n"
           "b.x3p,cartridge_firing_pin,A,,FLAT,CIRCULAR,MIXED,CC_TEST\n",
           "file,kind,specimen,land\na.csv,profile,A,1\nb.csv,profile,A,1\nc.x3p,other,,\n",
           "\xEF\xBB\xBF"
           "kind,file,land,specimen,exhibit,notes\r\n"
           "bullet_lea,a.x3p,3,\"x \"\"y\"\"\",K-1,\"two\r\nlines\"\r\n\r\n",
           "file,kind,specimen,land,calibre,bullet_class,land_count,twist,rifling,"
           "land_width_mean_um,exhibit_kind,case,date,unit,study,source_firearm,land_truth,"
           "truth_basis\na,profile,S,24,9mm Para,9,6,R,UNKNOWN,2010.5,BU_TEST,C,2024-05-06,um,s,g,"
           "t,b\n",
       }) {
    Write(folder, 'm', number++, manifest);
  }
  std::printf("wrote %d seeds\n", written);
  return 0;
}

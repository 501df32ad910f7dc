// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "crypto/envelope/envelope.h"
#include "crypto/hash/sha256.h"
#include "forensics/striated/ballistic_signature.h"
#include "proto/wire/common.h"
#include "proto/wire/correction.h"
#include "proto/wire/exhibit.h"
#include "proto/wire/match.h"
#include "proto/wire/search.h"
#include "proto/wire/standing.h"
#include "proto/wire/stored.h"
#include "records/class_filter.h"
#include "records/codes.h"
#include "records/exhibit.h"
#include "records/receipt.h"
#include "records/submission.h"

namespace proofmark::testing {

// Values within their bounds, and often on them. The same ones for the same seed.
class RandomValues {
 public:
  explicit RandomValues(std::uint64_t seed) : engine_(seed) {}

  std::int64_t Integer(std::int64_t min, std::int64_t max) {
    switch (engine_() % 8) {
      case 0:
        return min;
      case 1:
        return max;
      default:
        return std::uniform_int_distribution<std::int64_t>(min, max)(engine_);
    }
  }
  std::int32_t Small(std::int32_t min, std::int32_t max) {
    return static_cast<std::int32_t>(Integer(min, max));
  }
  std::size_t Size(std::size_t min, std::size_t max) {
    return static_cast<std::size_t>(
        Integer(static_cast<std::int64_t>(min), static_cast<std::int64_t>(max)));
  }
  double Real(double min, double max) {
    switch (engine_() % 8) {
      case 0:
        return min;
      case 1:
        return max;
      default:
        return std::uniform_real_distribution<double>(min, max)(engine_);
    }
  }
  bool Coin() { return engine_() % 2 == 0; }

  std::string From(std::string_view alphabet, std::size_t min, std::size_t max) {
    std::string text;
    for (std::size_t n = Size(min, max); n > 0; --n) text += alphabet[engine_() % alphabet.size()];
    return text;
  }
  std::string Bytes(std::size_t min, std::size_t max) {
    std::string bytes;
    for (std::size_t n = Size(min, max); n > 0; --n) bytes += static_cast<char>(engine_() & 0xFF);
    return bytes;
  }
  std::string Hash() { return Bytes(32, 32); }
  crypto::Sha256Digest Digest() {
    crypto::Sha256Digest digest;
    for (std::byte& b : digest) b = static_cast<std::byte>(engine_() & 0xFF);
    return digest;
  }
  std::string Id() { return From("0123456789abcdef", 32, 32); }
  std::string Code() { return From("ABCXYZ0189_", 1, 32); }
  std::string CodeOrNone() { return Coin() ? Code() : ""; }
  std::string Ascii(std::size_t max) { return From(" !~aZ09/:.-", 1, max); }
  std::string Domain() { return From("abz09.-", 1, 255); }
  // UTF-8 of one to four bytes a character.
  std::string Text(std::size_t min, std::size_t max) {
    constexpr std::array<std::string_view, 5> kCharacters = {"a", " ", "\xC3\xA9", "\xD0\x96",
                                                             "\xF0\x9D\x84\x9E"};
    std::string text;
    const std::size_t size = Size(min, max);
    while (text.size() < size) {
      const std::string_view next = kCharacters[engine_() % kCharacters.size()];
      text += text.size() + next.size() <= size ? next : "z";
    }
    return text;
  }

  records::ExhibitKind Kind() {
    return records::kExhibitKinds[engine_() % records::kExhibitKinds.size()];
  }
  std::vector<records::ClassRule> Rules() {
    std::vector<records::ClassRule> rules(records::kClassRules.begin(), records::kClassRules.end());
    std::shuffle(rules.begin(), rules.end(), engine_);
    rules.resize(Size(0, rules.size()));
    return rules;
  }

  records::ClassCharacteristics Characteristics() {
    records::ClassCharacteristics characteristics;
    characteristics.calibre_code = From("ABZ09.-", 0, 32);
    characteristics.bullet_class = From("BLANK019.", 0, 16);
    if (Coin()) characteristics.land_count = Small(1, records::kLandsMax);
    if (Coin()) {
      characteristics.twist =
          Coin() ? records::TwistDirection::kRight : records::TwistDirection::kLeft;
    }
    if (Coin()) characteristics.rifling = static_cast<records::RiflingType>(Small(1, 3));
    if (Coin()) {
      characteristics.land_width_mean_um = Real(records::kLandWidthUmMin, records::kLandWidthUmMax);
    }
    if (Coin())
      characteristics.firing_pin_shape = static_cast<records::FiringPinShape>(Small(1, 8));
    if (Coin()) characteristics.aperture_shape = static_cast<records::ApertureShape>(Small(1, 3));
    if (Coin()) {
      characteristics.breech_face_class = static_cast<records::BreechFaceClass>(Small(1, 7));
    }
    return characteristics;
  }

  forensics::LandSignature Land(std::size_t samples_max = forensics::kSignatureSamplesMax) {
    forensics::LandSignature land;
    land.height_nm.resize(Size(forensics::kSignatureSamplesMin, samples_max));
    for (std::int16_t& height : land.height_nm) {
      height = static_cast<std::int16_t>(Integer(-32'768, 32'767));
    }
    land.left_shoulder_um = Real(-100'000.0, 0.0);
    land.right_shoulder_um = Real(1.0, 100'000.0);
    land.quality = {.consistency = Real(-1.0, 1.0),
                    .consistent_share = Real(0.0, 1.0),
                    .missing_share = Real(0.0, 1.0),
                    .coherence = Real(0.0, 1.0),
                    .amplitude_um = Real(0.0, 1'000.0),
                    .drift_um_per_mm = Real(-2'000.0, 2'000.0),
                    .band_from_um = Real(0.0, 100'000.0),
                    .band_to_um = Real(0.0, 100'000.0)};
    land.flags = static_cast<std::uint32_t>(Integer(0, 0x7F));
    return land;
  }

  forensics::BulletSignature Bullet(std::size_t samples_max = forensics::kSignatureSamplesMax) {
    forensics::BulletSignature signature;
    signature.extractor_version = Ascii(128);
    signature.lands.resize(Size(1, forensics::kBulletLandsMax));
    for (std::optional<forensics::LandSignature>& land : signature.lands) {
      if (Coin()) land = Land(samples_max);
    }
    if (!signature.lands.front()) signature.lands.front() = Land(samples_max);
    return signature;
  }

  // `samples_max` bounds the sides of reliefs too.
  forensics::ImpressedSignature Impression(forensics::ImpressedRegion region,
                                           std::size_t samples_max) {
    const auto side_max = std::min(static_cast<std::size_t>(forensics::kReliefSideMax),
                                   std::max<std::size_t>(samples_max / 2, 48));
    forensics::ImpressedSignature impression;
    impression.extractor_version = Ascii(128);
    impression.region = region;
    impression.width = static_cast<std::int64_t>(Size(forensics::kReliefSideMin, side_max));
    impression.height = static_cast<std::int64_t>(Size(forensics::kReliefSideMin, side_max));
    impression.pitch_um = forensics::ReliefPitchUm(region);
    impression.relief.resize(static_cast<std::size_t>(impression.width * impression.height));
    for (std::int8_t& level : impression.relief) {
      level = static_cast<std::int8_t>(static_cast<int>(engine_() % 256) - 128);
    }
    impression.quality = {.valid_area_mm2 = Real(0.0, 1'000.0),
                          .missing_share = Real(0.0, 1.0),
                          .rms_um = Real(0.0, 1'000.0),
                          .tilt_um_per_mm = Real(0.0, 1e6),
                          .outer_radius_um = Real(0.0, 20'000.0),
                          .inner_radius_um = Real(0.0, 20'000.0)};
    impression.flags = static_cast<std::uint32_t>(Integer(0, 0x7F));
    return impression;
  }

  // A case of this kind: any of its marks, at least one.
  forensics::CaseSignature Case(records::ExhibitKind kind,
                                std::size_t samples_max = forensics::kSignatureSamplesMax) {
    using forensics::ImpressedRegion;
    forensics::CaseSignature signature;
    const bool fired = kind != records::ExhibitKind::kUnfiredEvidence;
    for (const ImpressedRegion region :
         {ImpressedRegion::kBreechFace, ImpressedRegion::kFiringPin, ImpressedRegion::kEjector}) {
      const bool must = region == ImpressedRegion::kEjector && signature.impressions.empty();
      if (must || (fired && Coin())) {
        signature.impressions.push_back(Impression(region, samples_max));
      }
    }
    if (fired && Coin()) {
      signature.aperture_shear =
          forensics::ShearSignature{.extractor_version = Ascii(128), .profile = Land(samples_max)};
    }
    return signature;
  }

  forensics::BallisticSignature Signature(
      records::ExhibitKind kind, std::size_t samples_max = forensics::kSignatureSamplesMax) {
    if (records::ItemOf(kind) == records::ItemKind::kBullet) return Bullet(samples_max);
    return Case(kind, samples_max);
  }

  records::LedgerReceipt Receipt() {
    return {.origin = Ascii(256), .index = engine_(), .leaf_hash = Hash()};
  }
  records::ExhibitIdentity Identity() {
    constexpr std::array<std::string_view, 4> kDates = {"", "2023", "2023-12", "2024-02-29"};
    return {.label = Text(1, records::kLabelBytesMax),
            .case_reference = Text(0, records::kCaseReferenceBytesMax),
            .incident_date = std::string(kDates[engine_() % kDates.size()]),
            .note = Text(0, records::kNoteBytesMax),
            .circumstances = ShareTriggers()};
  }
  // Some of the list, ascending.
  std::vector<std::string> ShareTriggers() {
    std::vector<std::string> codes;
    for (const records::Code& code : records::ShareTriggerCodes()) {
      if (Coin()) codes.emplace_back(code.code);
    }
    std::sort(codes.begin(), codes.end());
    return codes;
  }
  std::string ScanFormat() {
    return std::string(Coin() ? records::kFormatX3p : records::kFormatProfileCsv);
  }
  // Of such an item: ascending, each once, at least one.
  std::vector<records::MarkPlace> Places(records::ExhibitKind kind) {
    std::vector<records::MarkPlace> all;
    for (const records::MarkRegion region : records::kMarkRegions) {
      if (!records::BearsMark(kind, region)) continue;
      const std::int32_t lands = region == records::MarkRegion::kLand ? records::kLandsMax : 0;
      for (std::int32_t land = std::min(lands, 1); land <= lands; ++land) {
        all.push_back({.region = region, .land_number = land});
      }
    }
    std::vector<records::MarkPlace> some;
    std::copy_if(all.begin(), all.end(), std::back_inserter(some),
                 [this](const auto&) { return Coin(); });
    return some.empty() ? all : some;
  }

  records::Exhibit Exhibit() {
    records::Exhibit exhibit;
    exhibit.id = Id();
    exhibit.submission_id = Bytes(16, 16);
    exhibit.kind = Kind();
    exhibit.state = Coin() ? records::ExhibitState::kActive : records::ExhibitState::kWithdrawn;
    exhibit.characteristics = Characteristics();
    for (const records::MarkPlace& place : Places(exhibit.kind)) {
      records::Mark mark{.place = place,
                         .scan_sha256 = Hash(),
                         .blob_sha256 = Hash(),
                         .format = ScanFormat(),
                         .remarks = {},
                         .usable = Coin()};
      for (std::size_t n = Size(0, 3); n > 0; --n) mark.remarks.push_back(Text(1, 64));
      exhibit.marks.push_back(std::move(mark));
    }
    exhibit.submitted_unix_ms = Integer(0, wire::kUnixMsMax);
    exhibit.submitted_by = Ascii(64);
    exhibit.ledger_index = engine_();
    return exhibit;
  }

  // As it comes back: what is not sent is empty.
  wire::ExhibitView View() {
    wire::ExhibitView view;
    view.exhibit = Exhibit();
    view.exhibit.submission_id.clear();
    for (records::Mark& mark : view.exhibit.marks) mark.blob_sha256.clear();
    if (Coin()) view.identity = Identity();
    if (Coin()) view.receipt = Receipt();
    view.exhibit.ledger_index = view.receipt ? view.receipt->index : 0;
    if (Coin()) view.signature = Signature(view.exhibit.kind, 128);
    return view;
  }

  records::SubmissionHeader Header() {
    records::SubmissionHeader header{
        .identity = Identity(), .kind = Kind(), .characteristics = Characteristics(), .scans = {}};
    for (const records::MarkPlace& place : Places(header.kind)) {
      const bool striated = place.region == records::MarkRegion::kLand ||
                            place.region == records::MarkRegion::kApertureShear;
      header.scans.push_back({.place = place,
                              .format = striated ? ScanFormat() : std::string(records::kFormatX3p),
                              .size_bytes = Integer(1, records::kScanBytesMax),
                              .sha256 = Hash()});
    }
    return header;
  }

  wire::MatchQuestion Question(std::size_t samples_max = forensics::kSignatureSamplesMax) {
    const records::ExhibitKind kind = Kind();
    return {.kind = kind,
            .characteristics = Characteristics(),
            .signature = Signature(kind, samples_max),
            .purpose = Code(),
            .offence = CodeOrNone(),
            .subject_role = CodeOrNone(),
            .case_commitment = Digest(),
            .actor = Ascii(64),
            .rules_off = Rules(),
            .candidates_max = Small(1, wire::kMatchCandidatesMax),
            .exhaustive = Coin(),
            .full_circle = Coin()};
  }

  wire::CountBand Band() { return static_cast<wire::CountBand>(Small(1, 6)); }
  wire::AnswerHandling AnswerConditions() {
    wire::AnswerHandling handling;
    handling.codes.clear();
    for (const char* const code : {"H0", "H1", "H2", "H3"}) {
      if (Coin()) handling.codes.emplace_back(code);
    }
    if (handling.codes.empty()) handling.codes = {"H2"};
    if (handling.Has("H3")) handling.restrictions = Text(1, wire::kAnswerRestrictionsBytesMax);
    handling.source_evaluation = std::string(1, "ABCX"[Small(0, 3)]);
    handling.information_evaluation = std::string(1, "1234"[Small(0, 3)]);
    return handling;
  }

  wire::MatchResult Result() {
    wire::MatchResult result;
    result.candidates.resize(Size(0, wire::kMatchCandidatesMax));
    for (wire::MatchCandidate& candidate : result.candidates) {
      candidate = {
          .handle = Digest(), .level = static_cast<forensics::Level>(Small(1, 4)), .kind = Kind()};
    }
    std::sort(result.candidates.begin(), result.candidates.end(),
              [](const auto& a, const auto& b) { return a.level > b.level; });
    result.searched = {.held = Band(),
                       .eligible = Band(),
                       .removals = {},
                       .complete = Coin(),
                       .false_leads = static_cast<wire::FalseLeadBand>(Small(1, 4)),
                       .method_version = Ascii(128),
                       .calibration_version = Ascii(128),
                       .provisional = Coin()};
    for (const records::ClassRule rule : Rules()) {
      result.searched.removals.push_back({.rule = rule, .removed = Band()});
    }
    result.handling = AnswerConditions();
    return result;
  }
  wire::MatchAnswer Answer() {
    if (Coin()) return wire::MatchRefusal{.code = Code(), .reason = Text(0, 256)};
    return Result();
  }

  std::vector<wire::ComparedRegion> Regions() {
    std::vector<wire::ComparedRegion> regions;
    for (const records::MarkPlace& place : Places(records::ExhibitKind::kCaseEvidence)) {
      const std::int32_t eligible = Small(0, wire::kCellsMax);
      regions.push_back({.region = place.region,
                         .congruent_cells = Small(0, eligible),
                         .eligible_cells = eligible,
                         .correlation = Real(-1.0, 1.0),
                         .turn_degrees = Real(-360.0, 360.0),
                         .log10_lr = Real(-100.0, 100.0),
                         .contributes = Coin()});
    }
    return regions;
  }

  wire::LocalResult Local() {
    wire::LocalResult local;
    local.candidates.resize(Size(0, 12));
    std::int32_t rank = 0;
    for (wire::LocalCandidate& candidate : local.candidates) {
      candidate = {.exhibit_id = Id(),
                   .label = Text(0, records::kLabelBytesMax),
                   .rank = ++rank,
                   .level = static_cast<forensics::Level>(Small(0, 4)),
                   .log10_lr = Real(-100.0, 100.0),
                   .log10_lr_low = Real(-100.0, 100.0),
                   .log10_lr_high = Real(-100.0, 100.0),
                   .score = Real(0.0, 1.0),
                   .margin = Real(0.0, 1.0),
                   .expected_false_leads = Real(0.0, 1e15),
                   .lands_compared = 0,
                   .pairs = {},
                   .kind = Kind(),
                   .regions = {}};
      if (records::ItemOf(candidate.kind) == records::ItemKind::kCartridgeCase) {
        candidate.regions = Regions();
        continue;
      }
      candidate.lands_compared = Small(1, records::kLandsMax);
      candidate.pairs.resize(Size(0, records::kLandsMax));
      for (wire::AlignedLands& pair : candidate.pairs) {
        pair = {.query_land = Small(1, records::kLandsMax),
                .candidate_land = Small(1, records::kLandsMax),
                .ccf = Real(-1.0, 1.0),
                .cmps_share = Real(0.0, 1.0),
                .lag_um = Real(-100'000.0, 100'000.0)};
      }
    }
    local.searched = {.held_count = Integer(0, 1'000'000),
                      .eligible_count = Integer(0, 1'000'000),
                      .compared_count = Integer(0, 1'000'000),
                      .failed_count = Integer(0, 1'000'000),
                      .removals = {},
                      .complete = Coin(),
                      .method_version = Ascii(128),
                      .calibration_version = Ascii(128),
                      .provisional = Coin(),
                      .coarse_scored_count = Integer(0, 1'000'000),
                      .refined_count = Integer(0, 1'000'000),
                      .missed_probability = Real(0.0, 1.0)};
    for (const records::ClassRule rule : Rules()) {
      local.searched.removals.push_back({.rule = rule, .removed_count = Integer(0, 1'000'000)});
    }
    return local;
  }

  wire::PartnerResult Partner(std::string agency) {
    wire::PartnerResult partner;
    partner.agency = std::move(agency);
    partner.outcome = static_cast<wire::PartnerOutcome>(Small(1, 7));
    if (partner.outcome == wire::PartnerOutcome::kRefused) partner.refusal_code = Code();
    partner.detail = Text(0, 512);
    if (partner.outcome == wire::PartnerOutcome::kAnswered) partner.result = Result();
    partner.elapsed_ms = Integer(0, 600'000);
    if (partner.outcome != wire::PartnerOutcome::kNotAsked &&
        (partner.outcome != wire::PartnerOutcome::kForked || Coin())) {
      partner.exchange_id = Bytes(16, 16);
    }
    if (Coin()) partner.receipt = Receipt();
    if (Coin()) partner.peer_receipt = Receipt();
    if (partner.result.has_value() && Coin()) {
      partner.news.push_back({.level = forensics::Level::kL2,
                              .kind = records::ExhibitKind::kBulletTest,
                              .count = Small(1, wire::kMatchCandidatesMax)});
    }
    return partner;
  }

  wire::CollectionQuestion CollectionQuestion() {
    return {.purpose = Code(), .offence = Coin() ? Code() : "", .actor = Ascii(64), .kind = Kind()};
  }

  wire::CollectionAnswer CollectionAnswer() {
    if (Coin()) return wire::Refusal{.code = Code(), .reason = Text(0, 60)};
    return wire::CollectionVersion{.version = Bytes(16, 16)};
  }

  wire::StandingQuestion Standing() {
    wire::StandingQuestion question{.standing_id = Id(),
                                    .exhibit_id = Id(),
                                    .purpose = Code(),
                                    .case_reference = Text(1, 40),
                                    .offence = Coin() ? Code() : "",
                                    .subject_role = Coin() ? Code() : "",
                                    .partners = {},
                                    .state = static_cast<wire::StandingState>(Small(1, 3)),
                                    .asked_by = Ascii(64),
                                    .add_unix_ms = Integer(0, wire::kUnixMsMax),
                                    .expire_unix_ms = Integer(0, wire::kUnixMsMax),
                                    .stopped_by = Coin() ? Ascii(64) : "",
                                    .stop_reasons = Text(0, 100),
                                    .triggers = ShareTriggers()};
    question.urgent = question.is_automatic() && Coin();
    for (const char* agency : {"east.test", "north.test"}) {
      wire::StandingPartner& partner = question.partners.emplace_back();
      partner.agency = agency;
      if (Coin()) continue;
      partner.version = Bytes(16, 16);
      partner.method_version = "striated/1";
      partner.ask_unix_ms = Integer(0, wire::kUnixMsMax);
      partner.search_id = Id();
      partner.new_count = Small(0, wire::kMatchCandidatesMax);
      partner.fault = Text(0, 100);
    }
    return question;
  }

  wire::Search Search() {
    wire::Search search{.search_id = Id(),
                        .exhibit_id = Id(),
                        .ask_unix_ms = Integer(0, wire::kUnixMsMax),
                        .asked_by = Ascii(64),
                        .purpose = Code(),
                        .local = std::nullopt,
                        .partners = {},
                        .rules_off = Rules(),
                        .exhaustive = Coin(),
                        .full_circle = Coin(),
                        .standing_id = Coin() ? Id() : ""};
    if (Coin()) search.local = Local();
    std::string agency;
    for (std::size_t n = Size(0, 4); n > 0; --n) {
      agency += From("ab.", 1, 9);  // Longer with the same beginning sorts later.
      search.partners.push_back(Partner(agency));
    }
    return search;
  }

  wire::SearchRequest Request() {
    wire::SearchRequest request{.exhibit_id = Id(),
                                .purpose = Code(),
                                .case_reference = Text(1, records::kCaseReferenceBytesMax),
                                .offence = CodeOrNone(),
                                .subject_role = CodeOrNone(),
                                .include_local = Coin(),
                                .partners = {},
                                .all_partners = Coin(),
                                .rules_off = Rules(),
                                .deadline_ms = Integer(1'000, 600'000),
                                .candidates_max = Small(1, 200),
                                .exhaustive = Coin(),
                                .full_circle = Coin()};
    if (!request.all_partners) {
      for (std::size_t n = Size(1, 64); n > 0; --n) {
        request.partners.push_back("agency-" + std::to_string(n) + ".example");
      }
    }
    return request;
  }

  wire::StoredExhibit Stored() {
    wire::StoredExhibit stored{
        .exhibit = Exhibit(), .sealed_identity = Bytes(0, 8'192), .signature = std::nullopt};
    if (Coin()) stored.signature = Signature(stored.exhibit.kind, 128);
    return stored;
  }
  wire::StoredExchange Exchange() {
    return {.request_hash = Digest(),
            .sealed_answer = Bytes(1, 5'000),
            .asker = Ascii(255),
            .kept_until_unix_ms = Integer(0, wire::kUnixMsMax)};
  }

  wire::Correction Correction() {
    wire::Correction correction;
    correction.cause = static_cast<wire::CorrectionCause>(Small(1, 3));
    correction.corrected_by = Ascii(64);
    correction.correct_unix_ms = Integer(0, wire::kUnixMsMax);
    for (std::size_t n = Size(1, 6); n > 0; --n) {
      wire::CorrectedExchange exchange;
      exchange.exchange_id = std::string(1, static_cast<char>(n)) + Bytes(15, 15);  // Each once.
      exchange.part = static_cast<wire::CorrectedPart>(Small(1, 2));
      if (exchange.part == wire::CorrectedPart::kAnswer) {
        for (std::size_t named = Size(0, 3); named > 0; --named) {
          exchange.handles.push_back(Digest());
        }
      }
      correction.exchanges.push_back(std::move(exchange));
    }
    return correction;
  }

  crypto::Envelope Envelope() {
    crypto::Envelope envelope;
    envelope.key_id = Ascii(128);
    for (std::byte& b : envelope.exchange_id) b = static_cast<std::byte>(engine_() & 0xFF);
    envelope.sender = Ascii(255);
    envelope.recipient = Ascii(255);
    envelope.unix_ms = Integer(0, wire::kUnixMsMax);
    envelope.type = Coin() ? wire::kMatchQuestionType : wire::kMatchAnswerType;
    envelope.request_hash = Digest();
    envelope.payload = Bytes(0, 5'000);
    envelope.signature = Bytes(64, 64);
    return envelope;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace proofmark::testing

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "records/firearm/codes.h"
#include "records/firearm/make.h"
#include "records/firearm/serial.h"
#include "records/partial_date.h"

namespace proofmark::firearm {

inline constexpr std::int64_t kSerialsMax = 32;
inline constexpr std::int64_t kTextBytesMax = 256;
inline constexpr std::int64_t kRemarksBytesMax = 2'048;
inline constexpr std::int64_t kReferenceBytesMax = 128;
inline constexpr std::int64_t kReferencesMax = 256;
inline constexpr std::int64_t kPersonBytesMax = 1'024;
inline constexpr std::int64_t kCapacityMax = 10'000;
inline constexpr double kBarrelLengthMmMax = 5'000.0;
inline constexpr std::int32_t kYearMin = 1500;
inline constexpr std::int32_t kYearMax = 2999;

// One serial number of a firearm, as marked.
struct Serial {
  std::optional<Component> component;  // Absent when a paper does not say.
  SerialCondition condition = SerialCondition::kLegible;
  Numerals numerals = Numerals::kArabic;
  // UTF-8, at most kSerialBytesMax bytes: the mark itself; a SerialPattern for kPartial and
  // kRestoredPartial; empty for kObliterated, kNeverMarked and kNotRecorded.
  std::string raw;
  // Restored numbers only: the laboratory's confidence in each place of `raw` (a character, or a
  // set in brackets), percent. Empty or one a place.
  std::vector<std::int32_t> confidence_percent;
  friend bool operator==(const Serial&, const Serial&) = default;
};
// Whether keys or a pattern can find it; the number itself is then not empty.
bool IsSearchable(const Serial& serial);
bool IsSearchedByPattern(const Serial& serial);
absl::Status CheckSerial(const Serial& serial);

// One firearm as its agency keeps it. Everything not known stays empty or absent. Its state lies in
// its events (status.h), its papers of deactivation in deactivation.h.
struct Firearm {
  // Identity. The frame or receiver first: its mark identifies the firearm (EU 2021/555 Art 4).
  std::vector<Serial> serials;  // 1..kSerialsMax.

  // Description.
  FirearmClass firearm_class = FirearmClass::kUnknown;
  std::string action;  // A code of ActionCodes(), or empty.
  std::optional<Feed> feed;
  std::string make_raw;        // As marked.
  std::string make;            // Canonical, or empty.
  std::string make_ncic_code;  // [A-Z0-9]{0,8}.
  std::string model_raw;
  std::string model;
  std::string calibre_raw;
  std::string calibre_code;  // records::Calibre code, or empty.
  std::optional<double> barrel_length_mm;
  std::optional<std::int32_t> capacity;  // Rounds.
  std::string country_of_manufacture;    // ISO 3166 alpha-2, or empty.
  std::optional<std::int32_t> year_of_manufacture;
  std::string importer;
  std::string import_mark;
  std::string proof_marks;
  std::string finish;
  std::string features;  // And remarks.

  // Law.
  std::optional<Category> category;
  std::optional<Category> category_before;
  std::string national_category;
  std::optional<Conversion> conversion;

  // Trace.
  std::string last_lawful_country;  // ISO 3166 alpha-2, or empty.
  std::vector<std::string> export_import_papers;
  std::vector<std::string> trace_requests;

  // People: personal data, sealed at rest, never in an answer to a partner.
  std::string holder;
  std::string supplier;

  // Handling.
  std::string handling_code;    // [A-Z0-9_]{1,32} or empty.
  std::string evaluation_code;  // As before.
  std::string source_authority;
  std::optional<records::PartialDate> retain_until;

  friend bool operator==(const Firearm&, const Firearm&) = default;
};
// kInvalidArgument naming the field and its bound; never a value.
absl::Status CheckFirearm(const Firearm& firearm);

// Fills make, NCIC code and calibre code from what was read, where they are empty. A design's name
// goes to the model. `makes` may be null.
void Canonicalise(Firearm& firearm, const MakeTable* makes);

// Whether a magazine belongs to it: by its feed, else by its class; nullopt when neither tells.
std::optional<bool> TakesMagazine(const Firearm& firearm);

}  // namespace proofmark::firearm

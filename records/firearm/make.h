// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace proofmark::firearm {

inline constexpr std::int64_t kMakeBytesMax = 256;
inline constexpr std::int64_t kMakeTableBytesMax = 4 * 1024 * 1024;
inline constexpr std::int64_t kMakeTableRowsMax = 20'000;

// A maker and the names it goes by.
struct Make {
  std::string_view name;
  std::string_view aliases;    // Separated by '|'.
  std::string_view ncic_code;  // May be empty.
  std::string_view country;    // ISO 3166 alpha-2; empty for a design.
  bool design = false;         // A design that many made (Makarov, Tokarev, Luger), not a maker.
};
std::span<const Make> Makes();

// The long table of makes that an administrator loads. Immutable; safe to share between threads.
class MakeTable {
 public:
  struct Row {
    std::string code;               // [A-Z0-9]{1,8}.
    std::string text;               // Names and remarks mixed: to be searched, not shown as a name.
    bool country_fallback = false;  // A country, for makes not listed.
  };

  // CSV with the columns code, listed_text, country_fallback (yes or no); others are ignored.
  // `version` is the administrator's name of the edition, 1..64 printable characters.
  //   Errors  kInvalidArgument naming line and column; kResourceExhausted above a limit.
  static absl::StatusOr<MakeTable> Parse(std::string_view csv, std::string_view version);

  const std::string& version() const { return version_; }
  const std::string& sha256() const { return sha256_; }  // Of the text as loaded, hexadecimal.
  std::span<const Row> rows() const { return rows_; }

  const Row* FindCode(std::string_view code) const;
  // The one row, countries apart, whose text begins with these words; null for none or several.
  const Row* FindName(std::string_view name) const;

 private:
  std::string version_;
  std::string sha256_;
  std::vector<Row> rows_;
  std::map<std::string, std::size_t, std::less<>> by_code_;
  std::multimap<std::string, std::size_t, std::less<>> by_words_;
};

// How sure the maker is.
enum class MakeConfidence : std::int32_t {
  kName = 1,      // The name or an alias, whatever case, accents, script and order of words.
  kTable = 2,     // Only the loaded table has it.
  kSpelling = 3,  // One name lies within a small edit distance.
};
struct MakeFound {
  std::string name;       // Canonical.
  std::string ncic_code;  // May be empty.
  bool design = false;    // Keep it as the model; the maker is unknown.
  MakeConfidence confidence = MakeConfidence::kName;
  friend bool operator==(const MakeFound&, const MakeFound&) = default;
};
// nullopt for text that names no maker known: keep it as raw text. `table` may be null.
std::optional<MakeFound> FindMake(std::string_view text, const MakeTable* table);

}  // namespace proofmark::firearm

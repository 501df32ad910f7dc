// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/make.h"

#include <algorithm>
#include <cstddef>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"
#include "crypto/hash/sha256.h"
#include "records/csv.h"
#include "records/firearm/fields.h"
#include "records/firearm/script.h"
#include "records/text.h"

namespace proofmark::firearm {
namespace {

constexpr Make kMakes[] = {
    {"Zastava", "Crvena Zastava|Zavodi Crvena Zastava|Застава|Црвена застава|ZCZ", "ZAS", "RS"},
    {"Izhevsk", "Izhmash|Ижмаш|Izhmekh|Ижмех|Baikal|Байкал|IZH|IMEZ|Ижевск|Иж", "IZH", "RU"},
    {"Kalashnikov Concern", "Концерн Калашников|Kalashnikov|Saiga|Сайга", "", "RU"},
    {"Tula", "Arsenal de Tula|ТОЗ|TOZ|Тула|Тульский оружейный завод", "TUA", "RU"},
    {"Molot", "Vyatskie Polyany|Вятские Поляны|Молот", "MLT", "RU"},
    {"Arsenal (Bulgaria)", "Арсенал|Arsenal Kazanlak|Казанлък", "", "BG"},
    {"Česká zbrojovka", "CZ|Ceska zbrojovka|ČZ|CZUB|Ceska Zbr.", "FOZ", "CZ"},
    {"Zbrojovka Brno", "Brno|ZB|BRNO", "", "CZ"},
    {"Sellier & Bellot", "S&B|SB", "", "CZ"},
    {"FÉG", "FEG|Femaru|Fegyver- és Gépgyár|FÉG Union", "FEG", "HU"},
    {"Cugir", "ROMARM|RATMIL|Uzina Mecanica Cugir|Uzina Mecanică Cugir", "RMC", "RO"},
    {"Łucznik Radom", "FB Radom|Lucznik|FB \"Łucznik\"|Fabryka Broni Radom", "LUZ", "PL"},
    {"Heckler & Koch", "H&K|HK|Heckler und Koch", "HEC", "DE"},
    {"Walther", "Carl Walther|Walther Arms|C. Walther", "WAL", "DE"},
    {"SIG Sauer", "SIG|Sig-Sauer|J.P. Sauer & Sohn|SIG Arms", "", "DE"},
    {"Mauser", "Mauser-Werke|Mauser Werke", "", "DE"},
    {"Röhm", "Rohm|Roehm|RÖHM|RG", "", "DE"},
    {"Reck", "RECK|Reck Division", "RCK", "DE"},
    {"Umarex", "UMAREX", "", "DE"},
    {"Glock", "GLOCK Ges.m.b.H.", "GLC", "AT"},
    {"Glock USA", "Glock Inc Smyrna", "GLD", "US"},
    {"Steyr", "Steyr Mannlicher|Steyr Arms|Österreichische Waffenfabrik", "", "AT"},
    {"Beretta", "P. Beretta|Pietro Beretta|Armi Beretta", "BER", "IT"},
    {"Bruni", "BRUNI|Bruni Guns", "", "IT"},
    {"Tanfoglio", "Fratelli Tanfoglio|EAA Witness", "", "IT"},
    {"FN Herstal", "FN|Fabrique Nationale|Fabrique Nationale d'Armes de Guerre|FN Browning|FNH",
     "FNB", "BE"},
    {"Browning", "Browning Arms|American Browning", "BRO", "US"},
    {"MAB", "Manufacture d'Armes de Bayonne|M.A.B.", "", "FR"},
    {"Manurhin", "Manufacture de Machines du Haut-Rhin", "MHN", "FR"},
    {"MAS", "Manufacture d'armes de Saint-Étienne|M.A.S.|FAMAS", "MAS", "FR"},
    {"Unique", "Manufacture d'Armes des Pyrénées Françaises|MAPF", "", "FR"},
    {"Star", "Bonifacio Echeverria|Star Bonifacio Echeverría|Echeverria", "STA", "ES"},
    {"Astra", "Unceta y Cia|Astra-Unceta", "", "ES"},
    {"Llama", "Gabilondo y Cia|Gabilondo", "", "ES"},
    {"Webley & Scott", "Webley|W&S", "", "GB"},
    {"Enfield", "Royal Small Arms Factory|RSAF Enfield|Lee-Enfield", "", "GB"},
    {"MKE", "Kırıkkale|Kirikkale|MKEK|Makina ve Kimya Endüstrisi", "", "TR"},
    {"Sarsılmaz", "Sarsilmaz", "", "TR"},
    {"Ekol", "Voltran|EKOL", "", "TR"},
    {"Zoraki", "Atak Arms|ATAK", "", "TR"},
    {"Blow", "Üçyıldız|Ucyildiz", "", "TR"},
    {"Retay", "RETAY", "", "TR"},
    {"Kol Arms", "Kol-Arms|KOL ARMS", "", "SK"},
    {"AFG Defense", "AFG|AFG Security", "", "SK"},
    {"Norinco", "China North Industries|北方工业|State Factory 66", "NON", "CN"},
    {"Makarov (unknown maker)", "Makarov|ПМ|PM|Макаров", "MAV", "", true},
    {"Tokarev (unknown maker)", "Tokarev|ТТ|TT-33|Токарев", "", "", true},
    {"Luger (various)", "Luger|P08|Parabellum", "LUG", "", true},
};

constexpr std::int64_t kMakeVersionCharsMax = 64;
constexpr std::int64_t kMakeCodeCharsMax = 8;

// The words of a name in alphabetical order: "Sauer SIG" is "SIG Sauer".
std::string SortedWords(const std::string& words) {
  std::multiset<std::string> sorted;
  std::size_t at = 0;
  while (at < words.size()) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    sorted.insert(words.substr(at, end - at));
    at = end + 1;
  }
  std::string text;
  for (const std::string& word : sorted) text += (text.empty() ? "" : " ") + word;
  return text;
}

std::string Joined(std::string words) {
  words.erase(std::remove(words.begin(), words.end(), ' '), words.end());
  return words;
}

// What a name is compared by: its words in any order, or without the gaps between them ("M.A.B.",
// "Sig-Sauer"), as they look and as they sound.
std::set<std::string> NameKeys(std::string_view name) {
  std::set<std::string> keys;
  for (const std::string& words : {LookalikeWords(name), TransliteratedWords(name)}) {
    keys.insert(SortedWords(words));
    keys.insert(Joined(words));
  }
  keys.erase("");
  return keys;
}

using MakeIndex = std::map<std::string, const Make*, std::less<>>;

const MakeIndex& Index() {
  static const MakeIndex* const index = [] {
    auto* made = new MakeIndex;  // Never freed.
    const auto add = [made](std::string_view name, const Make& make) {
      for (const std::string& key : NameKeys(name)) {
        const auto [place, added] = made->emplace(key, &make);
        PM_CHECK(added || place->second == &make);  // One name, one maker.
      }
    };
    for (const Make& make : kMakes) {
      add(make.name, make);
      std::string_view aliases = make.aliases;
      while (!aliases.empty()) {
        const std::size_t end = std::min(aliases.find('|'), aliases.size());
        add(aliases.substr(0, end), make);
        aliases.remove_prefix(std::min(end + 1, aliases.size()));
      }
    }
    return made;
  }();
  return *index;
}

MakeFound Found(const Make& make, MakeConfidence confidence) {
  return {.name = std::string(make.name),
          .ncic_code = std::string(make.ncic_code),
          .design = make.design,
          .confidence = confidence};
}

// Letters to insert, delete or replace (Levenshtein), or more than `most`.
std::size_t EditDistance(std::string_view one, std::string_view other, std::size_t most) {
  if (one.size() > other.size() + most || other.size() > one.size() + most) return most + 1;
  std::vector<std::size_t> row(other.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= one.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j < row.size(); ++j) {
      const std::size_t replaced = diagonal + (one[i - 1] == other[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row.back();
}

// How many letters may be wrong in a name of that length: short names differ by little.
std::size_t MistakesAllowed(std::size_t chars) { return chars < 5 ? 0 : chars < 7 ? 1 : 2; }

// The one maker nearest to the name, if near enough and no other is as near.
const Make* NearestMake(std::string_view text) {
  const Make* nearest = nullptr;
  std::size_t best = 0;
  bool alone = false;
  for (const std::string& key : NameKeys(text)) {
    const std::size_t most = MistakesAllowed(key.size());
    for (const auto& [name, make] : Index()) {
      if (MistakesAllowed(name.size()) == 0) continue;
      const std::size_t distance = EditDistance(key, name, most);
      if (distance > most) continue;
      if (nearest == nullptr || distance < best) {
        nearest = make;
        best = distance;
        alone = true;
      } else if (distance == best && make != nearest) {
        alone = false;
      }
    }
  }
  return alone ? nearest : nullptr;
}

struct TableColumns {
  std::size_t width = 0;
  std::size_t code = 0;
  std::size_t text = 0;
  std::size_t fallback = 0;
};

absl::Status Refuse(std::int64_t line, std::string_view column, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrFormat("line %d, column %s: %s", line, column, why));
}

absl::StatusOr<TableColumns> ReadTableHeader(records::CsvReader& csv) {
  if (csv.AtEnd()) return Refuse(1, "code", "required, but absent");
  PM_ASSIGN_OR_RETURN(const std::vector<std::string> names, csv.NextRecord());
  TableColumns columns{.width = names.size()};
  for (const auto& [name, place] :
       {std::pair("code", &columns.code), std::pair("listed_text", &columns.text),
        std::pair("country_fallback", &columns.fallback)}) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end()) return Refuse(1, name, "required, but absent");
    *place = static_cast<std::size_t>(found - names.begin());
  }
  return columns;
}

absl::StatusOr<MakeTable::Row> ReadTableRow(const TableColumns& columns, std::int64_t line,
                                            std::vector<std::string> fields) {
  if (fields.size() != columns.width) {
    return absl::InvalidArgumentError(
        absl::StrFormat("line %d: %d fields under %d columns", line, fields.size(), columns.width));
  }
  MakeTable::Row row{.code = std::move(fields[columns.code]),
                     .text = std::move(fields[columns.text]),
                     .country_fallback = fields[columns.fallback] == "yes"};
  if (const absl::Status code = CheckSymbol("code", row.code, 1, kMakeCodeCharsMax); !code.ok()) {
    return Refuse(line, "code", "must be 1..8 characters [A-Z0-9]");
  }
  if (const absl::Status text = CheckText("listed_text", row.text, 1, 1'024); !text.ok()) {
    return Refuse(line, "listed_text", std::string(text.message()));
  }
  if (!row.country_fallback && fields[columns.fallback] != "no") {
    return Refuse(line, "country_fallback", "must be yes or no");
  }
  return row;
}

}  // namespace

std::span<const Make> Makes() { return kMakes; }

absl::StatusOr<MakeTable> MakeTable::Parse(std::string_view csv, std::string_view version) {
  PM_RETURN_IF_ERROR(CheckText("version", version, 1, kMakeVersionCharsMax));
  if (static_cast<std::int64_t>(csv.size()) > kMakeTableBytesMax) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("%d bytes, at most %d", csv.size(), kMakeTableBytesMax));
  }
  MakeTable table;
  table.version_ = version;
  table.sha256_ = crypto::Sha256Hex(csv);
  records::CsvReader reader(csv);
  PM_ASSIGN_OR_RETURN(const TableColumns columns, ReadTableHeader(reader));
  while (!reader.AtEnd()) {
    const std::int64_t line = reader.line();
    PM_ASSIGN_OR_RETURN(std::vector<std::string> fields, reader.NextRecord());
    if (fields.empty()) continue;
    if (static_cast<std::int64_t>(table.rows_.size()) == kMakeTableRowsMax) {
      return absl::ResourceExhaustedError(
          absl::StrFormat("line %d: more than %d rows", line, kMakeTableRowsMax));
    }
    PM_ASSIGN_OR_RETURN(Row row, ReadTableRow(columns, line, std::move(fields)));
    const std::size_t index = table.rows_.size();
    if (!table.by_code_.emplace(row.code, index).second) return Refuse(line, "code", "comes twice");
    if (!row.country_fallback) table.by_words_.emplace(LookalikeWords(row.text), index);
    table.rows_.push_back(std::move(row));
  }
  return table;
}

const MakeTable::Row* MakeTable::FindCode(std::string_view code) const {
  const auto found = by_code_.find(code);
  return found == by_code_.end() ? nullptr : &rows_[found->second];
}

const MakeTable::Row* MakeTable::FindName(std::string_view name) const {
  const std::string words = LookalikeWords(name);
  if (words.empty()) return nullptr;
  const Row* only = nullptr;
  for (auto at = by_words_.lower_bound(words); at != by_words_.end(); ++at) {
    if (!at->first.starts_with(words)) break;
    if (at->first.size() > words.size() && at->first[words.size()] != ' ') continue;
    if (only != nullptr) return nullptr;
    only = &rows_[at->second];
  }
  return only;
}

std::optional<MakeFound> FindMake(std::string_view text, const MakeTable* table) {
  if (static_cast<std::int64_t>(text.size()) > kMakeBytesMax || !records::IsPlainText(text)) {
    return std::nullopt;
  }
  const MakeIndex& index = Index();
  for (const std::string& key : NameKeys(text)) {
    if (const auto named = index.find(key); named != index.end()) {
      return Found(*named->second, MakeConfidence::kName);
    }
  }
  if (table != nullptr) {
    if (const MakeTable::Row* const row = table->FindName(text)) {
      return MakeFound{.name = LookalikeWords(text),
                       .ncic_code = row->code,
                       .design = false,
                       .confidence = MakeConfidence::kTable};
    }
  }
  if (const Make* const nearest = NearestMake(text)) {
    return Found(*nearest, MakeConfidence::kSpelling);
  }
  return std::nullopt;
}

}  // namespace proofmark::firearm

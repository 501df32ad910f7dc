// SPDX-License-Identifier: Apache-2.0
#include "records/firearm/import.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <set>
#include <unordered_map>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/status.h"
#include "records/firearm/fields.h"
#include "records/firearm/script.h"
#include "records/text.h"

namespace proofmark::firearm {
namespace {

using records::PartialDate;

absl::Status Invalid(std::string_view must) {
  return absl::InvalidArgumentError(absl::StrFormat("must be %s", must));
}

// One value and how its nation writes.
struct Cell {
  std::string_view text;  // Not empty.
  DateForm dates;
  DecimalForm decimals;
};

// What a column or value is compared as: letters and digits in capitals.
std::string Compared(std::string_view text) { return LookalikeWords(text); }

template <typename E>
std::optional<E> FindWritten(std::string_view text) {
  static const auto* const index = [] {
    auto* made = new std::unordered_map<std::string, E>;  // Never freed.
    for (const CodeRow<E>& row : CodesOf<E>()) made->emplace(Compared(row.code), row.value);
    for (const CodeRow<E>& row : CodesOf<E>()) made->emplace(Compared(row.meaning), row.value);
    return made;
  }();
  const auto found = index->find(Compared(text));
  if (found == index->end()) return std::nullopt;
  return found->second;
}

std::optional<bool> ReadYesOrNo(std::string_view text) {
  constexpr std::string_view kYes[] = {"YES", "Y",   "TRUE", "1",   "X",  "JA",  "OUI",
                                       "SI",  "SIM", "TAK",  "ANO", "DA", "IGEN"};
  constexpr std::string_view kNo[] = {"NO",  "N",   "FALSE", "0",   "NEIN", "NON",
                                      "NAO", "NIE", "NE",    "NEM", "NEE"};
  const std::string word = Compared(text);
  if (std::find(std::begin(kYes), std::end(kYes), word) != std::end(kYes)) return true;
  if (std::find(std::begin(kNo), std::end(kNo), word) != std::end(kNo)) return false;
  return std::nullopt;
}

// What a cell says, as the type of the member that it sets.
absl::Status Read(const Cell& cell, std::string& value) {
  value = cell.text;
  return absl::OkStatus();
}
absl::Status Read(const Cell& cell, bool& value) {
  const std::optional<bool> read = ReadYesOrNo(cell.text);
  if (!read) return Invalid("yes or no");
  value = *read;
  return absl::OkStatus();
}
absl::Status Read(const Cell& cell, std::int32_t& value) {
  const char* const end = cell.text.data() + cell.text.size();
  const auto [stop, error] = std::from_chars(cell.text.data(), end, value);
  return error == std::errc() && stop == end ? absl::OkStatus() : Invalid("a whole number");
}
absl::Status Read(const Cell& cell, double& value) {
  const std::optional<double> read = ReadNationalDecimal(cell.text, cell.decimals);
  if (!read) return Invalid("a decimal number");
  value = *read;
  return absl::OkStatus();
}
absl::Status Read(const Cell& cell, PartialDate& value) {
  const std::optional<PartialDate> read = ReadNationalDate(cell.text, cell.dates);
  if (!read) {
    return Invalid(cell.dates == DateForm::kDayFirst ? "a date such as 28.06.2018 or 2018-06-28"
                                                     : "a date such as 06/28/2018 or 2018-06-28");
  }
  value = *read;
  return absl::OkStatus();
}
template <typename E>
requires std::is_enum_v<E> absl::Status Read(const Cell& cell, E& value) {
  const std::optional<E> read = FindWritten<E>(cell.text);
  if (!read)
    return Invalid(absl::StrFormat("a code of its list, such as %s", CodesOf<E>()[0].code));
  value = *read;
  return absl::OkStatus();
}
template <typename T>
absl::Status Read(const Cell& cell, std::optional<T>& value) {
  return Read(cell, value.emplace());
}

DeactivationRecord& WorkOf(ImportedRecord& record) {
  return record.deactivation ? *record.deactivation : record.deactivation.emplace();
}
DeactivationCertificate& CertificateOf(ImportedRecord& record) {
  DeactivationRecord& work = WorkOf(record);
  return work.certificate ? *work.certificate : work.certificate.emplace();
}

using Setter = absl::Status (*)(const Cell& cell, ImportedRecord& record);

template <auto kMember>
absl::Status OfFirearm(const Cell& cell, ImportedRecord& record) {
  return Read(cell, record.firearm.*kMember);
}
template <auto kMember>
absl::Status OfWork(const Cell& cell, ImportedRecord& record) {
  return Read(cell, WorkOf(record).*kMember);
}
template <auto kMember>
absl::Status OfCertificate(const Cell& cell, ImportedRecord& record) {
  return Read(cell, CertificateOf(record).*kMember);
}
template <auto kMember>
absl::Status OfMainSerial(const Cell& cell, ImportedRecord& record) {
  return Read(cell, record.firearm.serials.front().*kMember);
}

absl::Status SetCountry(std::string& country, const Cell& cell) {
  country = CountryCode(cell.text);
  return CheckCountry("country", country).ok() ? absl::OkStatus()
                                               : Invalid("a country code of one to three letters");
}
template <auto kMember>
absl::Status CountryOfFirearm(const Cell& cell, ImportedRecord& record) {
  return SetCountry(record.firearm.*kMember, cell);
}
absl::Status CountryOfCertificate(const Cell& cell, ImportedRecord& record) {
  return SetCountry(CertificateOf(record).country, cell);
}

// A number without a condition of its own is legible, or partial when signs of a pattern are in it.
void SetNumber(Serial& serial, std::string_view text) {
  serial.raw = text;
  if (serial.condition == SerialCondition::kNotRecorded) {
    serial.condition =
        SerialPattern::IsPattern(text) ? SerialCondition::kPartial : SerialCondition::kLegible;
  }
}
absl::Status MainSerial(const Cell& cell, ImportedRecord& record) {
  SetNumber(record.firearm.serials.front(), cell.text);
  return absl::OkStatus();
}
template <Component kComponent>
absl::Status SerialOf(const Cell& cell, ImportedRecord& record) {
  Serial serial{.component = kComponent, .condition = SerialCondition::kNotRecorded, .raw = ""};
  SetNumber(serial, cell.text);
  record.firearm.serials.push_back(std::move(serial));
  return absl::OkStatus();
}
absl::Status CertificateSerial(const Cell& cell, ImportedRecord& record) {
  Serial serial{.condition = SerialCondition::kNotRecorded, .raw = ""};
  SetNumber(serial, cell.text);
  CertificateOf(record).serials.push_back(std::move(serial));
  return absl::OkStatus();
}

template <Component kComponent>
absl::Status MarkOn(const Cell& cell, ImportedRecord& record) {
  const absl::StatusOr<DeactivationMark> mark = ParseMark(cell.text);
  if (!mark.ok()) return mark.status();
  WorkOf(record).components.push_back(
      {.component = kComponent, .modified = true, .mark = *mark, .mark_image = ""});
  return absl::OkStatus();
}

template <auto kMember>
absl::Status OfProofHouse(const Cell& cell, ImportedRecord& record) {
  std::optional<ProofHouseMark>& mark = WorkOf(record).proof_house_mark;
  if (!mark) mark.emplace();
  return Read(cell, (*mark).*kMember);
}

struct Field {
  ImportField field;
  Setter set;
};
constexpr Field kFields[] = {
    {{"serial",
      "serial number|serial no|serial nr|seriennummer|waffennummer|numero de serie|matricule|"
      "numero de matricule|matricola|numero di matricola|numer seryjny|numer fabryczny|"
      "vyrobni cislo|vyrobne cislo|gyari szam|serijski broj|tvornicki broj|serienummer|"
      "серийный номер|заводской номер|сериен номер|серијски број|serie|αριθμος σειρας"},
     MainSerial},
    {{"serial_component", "serial on|component"}, OfMainSerial<&Serial::component>},
    {{"serial_condition", "condition of serial"}, OfMainSerial<&Serial::condition>},
    {{"serial_numerals", "numerals"}, OfMainSerial<&Serial::numerals>},
    {{"receiver_serial", "serial of receiver"}, SerialOf<Component::kReceiver>},
    {{"slide_serial", "serial of slide"}, SerialOf<Component::kSlide>},
    {{"barrel_serial", "serial of barrel|laufnummer"}, SerialOf<Component::kBarrel>},
    {{"bolt_serial", "serial of bolt|verschlussnummer"}, SerialOf<Component::kBolt>},
    {{"cylinder_serial", "serial of cylinder|trommelnummer"}, SerialOf<Component::kCylinder>},
    {{"class", "firearm class|type of firearm|waffenart|type d arme|tipo de arma|rodzaj broni"},
     OfFirearm<&Firearm::firearm_class>},
    {{"action", "action code"}, OfFirearm<&Firearm::action>},
    {{"feed", "kind of feed"}, OfFirearm<&Firearm::feed>},
    {{"make",
      "manufacturer|brand|maker|hersteller|marke|fabricant|marque|fabricante|marca|producent|"
      "vyrobce|gyarto|proizvodac|fabrikant|производитель|производител|произвођач"},
     OfFirearm<&Firearm::make_raw>},
    {{"model", "modell|modele|modelo|modello|модель|модел|tipus"}, OfFirearm<&Firearm::model_raw>},
    {{"calibre", "caliber|kaliber|calibro|kalibr|raze|kalibar|калибр|калибър|калибар|διαμετρημα"},
     OfFirearm<&Firearm::calibre_raw>},
    {{"barrel_length_mm", "barrel length|lauflange mm|longueur du canon mm"},
     OfFirearm<&Firearm::barrel_length_mm>},
    {{"capacity", "rounds|kapazitat|capacite"}, OfFirearm<&Firearm::capacity>},
    {{"country_of_manufacture", "made in|herstellungsland|pays de fabrication"},
     CountryOfFirearm<&Firearm::country_of_manufacture>},
    {{"year_of_manufacture",
      "year made|baujahr|herstellungsjahr|annee de fabrication|rok produkcji"},
     OfFirearm<&Firearm::year_of_manufacture>},
    {{"importer", "importeur|importateur"}, OfFirearm<&Firearm::importer>},
    {{"import_mark", ""}, OfFirearm<&Firearm::import_mark>},
    {{"proof_marks", "proof mark|beschusszeichen|poincons d epreuve"},
     OfFirearm<&Firearm::proof_marks>},
    {{"finish", ""}, OfFirearm<&Firearm::finish>},
    {{"features", "remarks|notes|bemerkungen|remarques|observaciones|uwagi|poznamka"},
     OfFirearm<&Firearm::features>},
    {{"category", "eu category|kategorie|categorie|categoria|kategoria"},
     OfFirearm<&Firearm::category>},
    {{"category_before", "previous category|fruhere kategorie"},
     OfFirearm<&Firearm::category_before>},
    {{"national_category", ""}, OfFirearm<&Firearm::national_category>},
    {{"conversion", ""}, OfFirearm<&Firearm::conversion>},
    {{"last_lawful_country", ""}, CountryOfFirearm<&Firearm::last_lawful_country>},
    {{"holder", "owner|inhaber|besitzer|proprietaire|detenteur"}, OfFirearm<&Firearm::holder>},
    {{"supplier", "lieferant|fournisseur"}, OfFirearm<&Firearm::supplier>},
    {{"handling_code", ""}, OfFirearm<&Firearm::handling_code>},
    {{"evaluation_code", ""}, OfFirearm<&Firearm::evaluation_code>},
    {{"source_authority", "authority|behorde|autorite"}, OfFirearm<&Firearm::source_authority>},
    {{"retain_until", ""}, OfFirearm<&Firearm::retain_until>},
    {{"state", "status|zustand|etat"},
     [](const Cell& cell, ImportedRecord& record) { return Read(cell, record.state); }},
    {{"standard", "deactivation standard"}, OfWork<&DeactivationRecord::standard>},
    {{"checklist_type", "firearm type number"}, OfWork<&DeactivationRecord::checklist_type>},
    {{"certificate_withdrawn", ""}, OfWork<&DeactivationRecord::certificate_withdrawn>},
    {{"article4_assistance", ""}, OfWork<&DeactivationRecord::article4_assistance>},
    {{"persons_separated", ""}, OfWork<&DeactivationRecord::persons_separated>},
    {{"national_paper", ""}, OfWork<&DeactivationRecord::national_paper>},
    {{"proof_house", ""}, OfProofHouse<&ProofHouseMark::house>},
    {{"proof_house_year", ""}, OfProofHouse<&ProofHouseMark::year>},
    {{"frame_mark", "deactivation mark|mark on frame"}, MarkOn<Component::kFrame>},
    {{"receiver_mark", "mark on receiver"}, MarkOn<Component::kReceiver>},
    {{"slide_mark", "mark on slide"}, MarkOn<Component::kSlide>},
    {{"barrel_mark", "mark on barrel"}, MarkOn<Component::kBarrel>},
    {{"bolt_mark", "mark on bolt"}, MarkOn<Component::kBolt>},
    {{"cylinder_mark", "mark on cylinder"}, MarkOn<Component::kCylinder>},
    {{"certificate_number",
      "certificate no|deactivation certificate|bescheinigungsnummer|numero de certificat"},
     OfCertificate<&DeactivationCertificate::number>},
    {{"verifying_entity", "verified by"},
     OfCertificate<&DeactivationCertificate::verifying_entity>},
    {{"deactivating_entity", "deactivated by"},
     OfCertificate<&DeactivationCertificate::deactivating_entity>},
    {{"certificate_standard", "conforms to"}, OfCertificate<&DeactivationCertificate::standard>},
    {{"conformity_statement", ""}, OfCertificate<&DeactivationCertificate::conformity_statement>},
    {{"certificate_country", "country of deactivation"}, CountryOfCertificate},
    {{"certified_on",
      "date of certification|certification date|deactivation date|datum der deaktivierung|"
      "date de neutralisation|fecha de inutilizacion|data pozbawienia cech uzytkowych"},
     OfCertificate<&DeactivationCertificate::certified_on>},
    {{"certificate_make", ""}, OfCertificate<&DeactivationCertificate::manufacturer>},
    {{"certificate_type", ""}, OfCertificate<&DeactivationCertificate::type>},
    {{"certificate_model", ""}, OfCertificate<&DeactivationCertificate::make_model>},
    {{"certificate_calibre", ""}, OfCertificate<&DeactivationCertificate::calibre_raw>},
    {{"certificate_serial", ""}, CertificateSerial},
    {{"certificate_remarks", ""}, OfCertificate<&DeactivationCertificate::remarks>},
    {{"signatory", "signed by"}, OfCertificate<&DeactivationCertificate::signatory>},
    {{"language", ""}, OfCertificate<&DeactivationCertificate::language>},
    {{"in_english", "english version"}, OfCertificate<&DeactivationCertificate::in_english>},
    {{"certificate_retain_until", ""}, OfCertificate<&DeactivationCertificate::retain_until>},
};
constexpr std::string_view kSerialField = "serial";

// Fields by each name they go by.
const std::map<std::string, std::size_t>& FieldIndex() {
  static const std::map<std::string, std::size_t>* const index = [] {
    auto* made = new std::map<std::string, std::size_t>;  // Never freed.
    for (std::size_t i = 0; i < std::size(kFields); ++i) {
      PM_CHECK(made->emplace(Compared(kFields[i].field.name), i).second);
      std::string_view aliases = kFields[i].field.aliases;
      while (!aliases.empty()) {
        const std::size_t end = std::min(aliases.find('|'), aliases.size());
        const auto [place, added] = made->emplace(Compared(aliases.substr(0, end)), i);
        PM_CHECK(added || place->second == i);  // One name, one field.
        aliases.remove_prefix(std::min(end + 1, aliases.size()));
      }
    }
    return made;
  }();
  return *index;
}

std::optional<std::size_t> FindField(std::string_view name) {
  const auto found = FieldIndex().find(Compared(name));
  if (found == FieldIndex().end()) return std::nullopt;
  return found->second;
}

// "1.16" of "operation 1.16", which is compared as "OPERATION 1 16"; empty for any other name.
std::string OperationOfName(std::string_view name) {
  const std::string words = Compared(name);
  constexpr std::string_view kPrefix = "OPERATION ";
  if (!words.starts_with(kPrefix)) return "";
  std::string number = words.substr(kPrefix.size());
  for (char& c : number) {
    if (c == ' ') c = '.';
  }
  const bool known = std::any_of(Operations().begin(), Operations().end(), [&](const Operation& o) {
    return FindOperation(o.standard, o.checklist_type, number) == &o;
  });
  return known ? number : "";
}

// Spaces around a value mean nothing, and line breaks within a spreadsheet's cell are spaces.
std::string Cleaned(std::string_view value) {
  constexpr std::string_view kNoBreakSpace = "\xC2\xA0";
  std::string cell(value);
  for (char& c : cell) {
    if (c == '\r' || c == '\n' || c == '\t') c = ' ';
  }
  std::string_view view = cell;
  while (view.starts_with(' ') || view.starts_with(kNoBreakSpace)) {
    view.remove_prefix(view.front() == ' ' ? 1 : kNoBreakSpace.size());
  }
  while (view.ends_with(' ') || view.ends_with(kNoBreakSpace)) {
    view.remove_suffix(view.back() == ' ' ? 1 : kNoBreakSpace.size());
  }
  return std::string(view);
}

ImportedRecord EmptyRecord() {
  ImportedRecord record;
  record.firearm.serials = {
      {.component = Component::kFrame, .condition = SerialCondition::kNotRecorded, .raw = ""}};
  return record;
}

// Fills what follows from the cells and checks the whole.
absl::Status Finish(ImportedRecord& record, const MakeTable* makes) {
  Canonicalise(record.firearm, makes);
  PM_RETURN_IF_ERROR(CheckFirearm(record.firearm));
  if (!record.deactivation) return absl::OkStatus();
  DeactivationRecord& work = *record.deactivation;
  if (work.certificate) {
    DeactivationCertificate& certificate = *work.certificate;
    if (const auto calibre = records::FindCalibre(certificate.calibre_raw)) {
      certificate.calibre_code = calibre->code;
    }
  }
  if (work.standard == Standard::kUnknown) {
    work.standard = ChooseStandard(EvidenceOf(work, record.firearm.firearm_class)).standard;
  }
  if (work.checklist_type == 0) {
    work.checklist_type = FactsOf(record.firearm.firearm_class).checklist_type;
  }
  return CheckDeactivationRecord(work);
}

absl::Status RefuseMapping(std::int64_t line, std::string_view column, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrFormat("line %d, column %s: %s", line, column, why));
}

absl::Status SetForm(std::int64_t line, std::string_view from, std::string_view to,
                     ImportMapping& mapping) {
  if (from == "dates") {
    if (to != "day-first" && to != "month-first") {
      return RefuseMapping(line, "to", "must be day-first or month-first");
    }
    mapping.dates = to == "day-first" ? DateForm::kDayFirst : DateForm::kMonthFirst;
  } else if (from == "decimals") {
    if (to != "comma" && to != "point" && to != "either") {
      return RefuseMapping(line, "to", "must be comma, point or either");
    }
    mapping.decimals = to == "comma"   ? DecimalForm::kComma
                       : to == "point" ? DecimalForm::kPoint
                                       : DecimalForm::kEither;
  } else if (from == "separator") {
    if (to != "comma" && to != "semicolon" && to != "tab") {
      return RefuseMapping(line, "to", "must be comma, semicolon or tab");
    }
    mapping.separator = to == "comma" ? ',' : to == "semicolon" ? ';' : '\t';
  } else {
    return RefuseMapping(line, "from", "must be dates, decimals or separator");
  }
  return absl::OkStatus();
}

absl::Status AddMappingRow(std::int64_t line, const std::string& kind, const std::string& from,
                           const std::string& to, ImportMapping& mapping) {
  if (kind == "form") return SetForm(line, from, to, mapping);
  const std::string name = Compared(from);
  if (name.empty()) return RefuseMapping(line, "from", "must not be empty");
  if (kind == "column") {
    const bool passed_over = to == "-";
    const std::optional<std::size_t> field = FindField(to);
    const bool known = field.has_value() || !OperationOfName(to).empty();
    if (!known && !passed_over) return RefuseMapping(line, "to", "no field has this name");
    const std::string target = passed_over ? ""
                               : field     ? std::string(kFields[*field].field.name)
                                           : to;
    if (!mapping.field_of.emplace(name, target).second) {
      return RefuseMapping(line, "from", "the column is mapped twice");
    }
    return absl::OkStatus();
  }
  const std::optional<std::size_t> field = FindField(kind);
  if (!field) return RefuseMapping(line, "kind", "must be column, form or a field");
  const std::string field_name(kFields[*field].field.name);
  if (!mapping.value_of.emplace(std::pair(field_name, name), to).second) {
    return RefuseMapping(line, "from", "the value is mapped twice");
  }
  return absl::OkStatus();
}

}  // namespace

std::vector<ImportField> ImportFields() {
  std::vector<ImportField> fields;
  for (const Field& field : kFields) fields.push_back(field.field);
  return fields;
}

absl::StatusOr<ImportMapping> ParseImportMapping(std::string_view csv) {
  if (static_cast<std::int64_t>(csv.size()) > kMappingBytesMax) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("%d bytes, at most %d", csv.size(), kMappingBytesMax));
  }
  ImportMapping mapping;
  records::CsvReader reader(csv);
  std::int64_t rows = -1;  // The header is none.
  while (!reader.AtEnd()) {
    const std::int64_t line = reader.line();
    PM_ASSIGN_OR_RETURN(const std::vector<std::string> fields, reader.NextRecord());
    if (fields.empty()) continue;
    if (fields.size() != 3 ||
        (rows < 0 && fields != std::vector<std::string>{"kind", "from", "to"})) {
      return absl::InvalidArgumentError(
          absl::StrFormat("line %d: the columns must be kind, from, to", line));
    }
    if (++rows == 0) continue;
    if (rows > kMappingRowsMax) {
      return absl::ResourceExhaustedError(
          absl::StrFormat("line %d: more than %d rows", line, kMappingRowsMax));
    }
    for (std::size_t i = 0; i < fields.size(); ++i) {
      if (records::IsPlainText(fields[i])) continue;
      constexpr std::string_view kNames[] = {"kind", "from", "to"};
      return RefuseMapping(line, kNames[i], "must be UTF-8 without control characters");
    }
    PM_RETURN_IF_ERROR(AddMappingRow(line, fields[0], fields[1], fields[2], mapping));
  }
  return mapping;
}

records::CsvFormat ImportCsvFormat(std::string_view text, const ImportMapping& mapping) {
  records::CsvFormat format{.separator = mapping.separator,
                            .columns_max = kImportColumnsMax,
                            .field_bytes_max = kImportFieldBytesMax};
  if (format.separator != 0) return format;
  const std::string_view head = text.substr(0, text.find('\n'));
  std::ptrdiff_t most = -1;
  for (const char separator : {',', ';', '\t'}) {
    const std::ptrdiff_t count = std::count(head.begin(), head.end(), separator);
    if (count <= most) continue;
    most = count;
    format.separator = separator;
  }
  return format;
}

absl::StatusOr<RowImporter> RowImporter::Create(std::vector<std::string> columns,
                                                const ImportMapping& mapping,
                                                const MakeTable* makes) {
  PM_RETURN_IF_ERROR(CheckCount("columns", columns.size(), 1, kImportColumnsMax));
  RowImporter importer;
  importer.mapping_ = mapping;
  importer.makes_ = makes;
  std::set<std::string> unused;  // Columns that the mapping names and the file does not.
  for (const auto& [column, field] : mapping.field_of) unused.insert(column);
  std::map<std::string, std::string> column_of;  // By field.
  for (std::size_t i = 0; i < columns.size(); ++i) {
    columns[i] = Cleaned(columns[i]);
    if (!records::IsPlainText(columns[i])) {
      return absl::InvalidArgumentError(
          absl::StrFormat("column %d: its name must be UTF-8 without control characters", i + 1));
    }
    const std::string name = Compared(columns[i]);
    unused.erase(name);
    const auto mapped = mapping.field_of.find(name);
    if (mapped != mapping.field_of.end() && mapped->second.empty()) continue;
    const std::string& wanted = mapped != mapping.field_of.end() ? mapped->second : columns[i];
    const std::optional<std::size_t> field = FindField(wanted);
    const std::string operation = field ? "" : OperationOfName(wanted);
    if (!field && operation.empty()) {
      importer.ignored_columns_.push_back(columns[i]);
      continue;
    }
    const std::string filled =
        field ? std::string(kFields[*field].field.name) : "operation " + operation;
    if (const auto [other, fresh] = column_of.emplace(filled, columns[i]); !fresh) {
      return absl::InvalidArgumentError(absl::StrFormat("columns %s and %s both fill the field %s",
                                                        other->second, columns[i], filled));
    }
    importer.targets_.push_back({.column = i, .field = field.value_or(0), .operation = operation});
  }
  if (!unused.empty()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("the mapping names a column %s, which is not there", *unused.begin()));
  }
  if (column_of.count(std::string(kSerialField)) == 0) {
    return absl::InvalidArgumentError("no column fills the field serial");
  }
  importer.columns_ = std::move(columns);
  return importer;
}

absl::Status RowImporter::Fill(const Target& target, const std::string& text,
                               ImportedRecord& record) const {
  if (text.empty()) return absl::OkStatus();
  if (!records::IsPlainText(text)) return Invalid("UTF-8 without control characters");
  Cell cell{.text = text, .dates = mapping_.dates, .decimals = mapping_.decimals};
  if (!target.operation.empty()) {
    OperationOutcome outcome;
    outcome.number = target.operation;
    PM_RETURN_IF_ERROR(Read(cell, outcome.outcome));
    WorkOf(record).outcomes.push_back(std::move(outcome));
    return absl::OkStatus();
  }
  const Field& field = kFields[target.field];
  if (!mapping_.value_of.empty()) {
    const auto meant = mapping_.value_of.find({std::string(field.field.name), Compared(text)});
    if (meant != mapping_.value_of.end()) cell.text = meant->second;
    if (cell.text.empty()) return absl::OkStatus();
  }
  return field.set(cell, record);
}

std::string RowImporter::ColumnToBlame(const std::vector<std::string>& cells,
                                       const absl::Status& failure) const {
  ImportedRecord record = EmptyRecord();
  for (const Target& target : targets_) {
    if (!Fill(target, cells[target.column], record).ok()) return "";
    ImportedRecord so_far = record;
    if (Finish(so_far, makes_) == failure) return columns_[target.column];
  }
  return "";
}

ImportResult RowImporter::Import(const ImportRow& row) const {
  ImportResult result;
  if (row.values.size() != columns_.size()) {
    result.errors.push_back({.row = row.number,
                             .column = "",
                             .message = absl::StrFormat("%d values under %d columns",
                                                        row.values.size(), columns_.size())});
    return result;
  }
  std::vector<std::string> cells;
  cells.reserve(row.values.size());
  for (const std::string& value : row.values) cells.push_back(Cleaned(value));
  const auto add_error = [&](std::string column, const absl::Status& status) {
    result.errors.push_back(
        {.row = row.number, .column = std::move(column), .message = std::string(status.message())});
  };
  ImportedRecord record = EmptyRecord();
  for (const Target& target : targets_) {
    const absl::Status filled = Fill(target, cells[target.column], record);
    if (!filled.ok()) add_error(columns_[target.column], filled);
  }
  if (result.errors.empty()) {
    if (const absl::Status whole = Finish(record, makes_); !whole.ok()) {
      add_error(ColumnToBlame(cells, whole), whole);
    } else {
      result.record = std::move(record);
    }
  }
  return result;
}

}  // namespace proofmark::firearm

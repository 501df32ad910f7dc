// SPDX-License-Identifier: Apache-2.0
#include "forensics/x3p/document.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <pugixml.hpp>
#include <string>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "forensics/x3p/markup.h"
#include "forensics/x3p/text.h"
#include "forensics/x3p/zip_directory.h"

namespace proofmark::forensics::x3p {
namespace {

std::string_view LocalName(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

absl::Status Invalid(const std::string& what) {
  return absl::InvalidArgumentError("main.xml: " + what);
}

// One element of the document together with its path, so that every refusal can say where.
class Element {
 public:
  Element(pugi::xml_node node, std::string path) : node_(node), path_(std::move(path)) {}

  explicit operator bool() const { return static_cast<bool>(node_); }
  const std::string& path() const { return path_; }
  pugi::xml_node node() const { return node_; }
  std::string_view text() const { return Trimmed(node_.child_value()); }

  // The only child of that name, or an element that is false.
  absl::StatusOr<Element> Child(std::string_view name) const {
    const std::string path = path_.empty() ? std::string(name) : path_ + "/" + std::string(name);
    pugi::xml_node found;
    for (const pugi::xml_node child : node_.children()) {
      if (child.type() != pugi::node_element || LocalName(child) != name) continue;
      if (found) return Invalid(path + " appears twice");
      found = child;
    }
    return Element(found, path);
  }

  // The same, refused when it is missing.
  absl::StatusOr<Element> Required(std::string_view name) const {
    PM_ASSIGN_OR_RETURN(Element child, Child(name));
    if (!child) return Invalid(child.path() + " is missing");
    return child;
  }

 private:
  pugi::xml_node node_;
  std::string path_;
};

absl::Status BadValue(const Element& element, const char* expected) {
  return Invalid(
      absl::StrFormat("%s is %s, expected %s", element.path(), Quoted(element.text()), expected));
}

// The number in the child `name`; `text_out`, if given, gets it as written.
absl::StatusOr<double> Number(const Element& parent, std::string_view name, double absent,
                              std::string* text_out = nullptr) {
  PM_ASSIGN_OR_RETURN(const Element child, parent.Child(name));
  if (!child || child.text().empty()) return absent;
  const std::optional<double> value = ParseDecimal(child.text());
  if (!value || !std::isfinite(*value)) return BadValue(child, "a finite number");
  if (text_out != nullptr) *text_out = std::string(child.text());
  return *value;
}

absl::StatusOr<std::optional<DataType>> ParseDataType(const Element& axis) {
  PM_ASSIGN_OR_RETURN(const Element type, axis.Child("DataType"));
  if (!type || type.text().empty()) return std::nullopt;
  for (const DataType known :
       {DataType::kInt16, DataType::kInt32, DataType::kFloat32, DataType::kFloat64}) {
    if (type.text() == LetterOf(known)) return known;
  }
  return BadValue(type, "a data type I, L, F or D");
}

absl::StatusOr<Axis> ParseAxis(const Element& axes, std::string_view name) {
  PM_ASSIGN_OR_RETURN(const Element element, axes.Required(name));
  PM_ASSIGN_OR_RETURN(const Element type, element.Required("AxisType"));
  if (type.text() != "I" && type.text() != "A") {
    return BadValue(type, "I (incremental) or A (absolute)");
  }
  Axis axis;
  axis.absolute = type.text() == "A";
  if (name == "CZ" && !axis.absolute) return BadValue(type, "A (absolute)");
  PM_ASSIGN_OR_RETURN(axis.type, ParseDataType(element));
  PM_ASSIGN_OR_RETURN(const Element increment, element.Child("Increment"));
  const bool has_increment = increment && !increment.text().empty();
  if (!axis.absolute && !has_increment) return Invalid(increment.path() + " is missing");
  PM_ASSIGN_OR_RETURN(axis.increment, Number(element, "Increment", 1.0, &axis.increment_text));
  if (axis.increment < kIncrementMin || axis.increment > kIncrementMax) {
    return BadValue(increment, "a number from 1e-200 to 1e200");
  }
  PM_ASSIGN_OR_RETURN(axis.offset, Number(element, "Offset", 0.0));
  if (std::abs(axis.offset) > kCoordinateMax) {
    PM_ASSIGN_OR_RETURN(const Element offset, element.Child("Offset"));
    return BadValue(offset, "a number from -1e250 to 1e250");
  }
  if (name != "CZ" && axis.absolute && !axis.type) {
    return Invalid(element.path() + "/DataType is missing, an absolute axis needs it");
  }
  return axis;
}

absl::StatusOr<std::optional<std::array<double, 9>>> ParseRotation(const Element& axes) {
  PM_ASSIGN_OR_RETURN(const Element element, axes.Child("Rotation"));
  if (!element) return std::nullopt;
  constexpr std::array<const char*, 9> kNames = {"r11", "r12", "r13", "r21", "r22",
                                                 "r23", "r31", "r32", "r33"};
  constexpr std::array<double, 9> kIdentity = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  std::array<double, 9> rotation;
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    PM_ASSIGN_OR_RETURN(rotation[i], Number(element, kNames[i], kIdentity[i]));
    if (rotation[i] < -1.0 || rotation[i] > 1.0) {
      PM_ASSIGN_OR_RETURN(const Element cell, element.Child(kNames[i]));
      return BadValue(cell, "a number from -1 to 1");
    }
  }
  if (rotation == kIdentity) return std::nullopt;
  return rotation;
}

absl::Status ParseRecord1(const Element& root, Document& document) {
  PM_ASSIGN_OR_RETURN(const Element record, root.Required("Record1"));
  PM_ASSIGN_OR_RETURN(const Element feature, record.Required("FeatureType"));
  if (feature.text() == "SUR") {
    document.feature = X3pFeature::kSurface;
  } else if (feature.text() == "PRF") {
    document.feature = X3pFeature::kProfile;
  } else if (feature.text() == "PCL") {
    document.feature = X3pFeature::kPointCloud;
  } else {
    return BadValue(feature, "SUR, PRF or PCL");
  }
  PM_ASSIGN_OR_RETURN(const Element axes, record.Required("Axes"));
  PM_ASSIGN_OR_RETURN(document.x, ParseAxis(axes, "CX"));
  PM_ASSIGN_OR_RETURN(document.z, ParseAxis(axes, "CZ"));
  PM_ASSIGN_OR_RETURN(const Element y, axes.Child("CY"));
  if (y || document.feature != X3pFeature::kProfile) {
    PM_ASSIGN_OR_RETURN(document.y, ParseAxis(axes, "CY"));
  } else {
    document.has_y = false;
  }
  PM_ASSIGN_OR_RETURN(document.rotation, ParseRotation(axes));
  return absl::OkStatus();
}

// A size from 1 to `bound` in the child `name`.
absl::StatusOr<std::int64_t> Size(const Element& element, std::int64_t bound) {
  const std::optional<std::int64_t> size = ParseCount(element.text());
  if (!size || *size == 0) return BadValue(element, "a whole number above 0");
  if (*size > bound) {
    return absl::ResourceExhaustedError(absl::StrFormat(
        "main.xml: %s is %s, at most %d", element.path(), Quoted(element.text()), bound));
  }
  return *size;
}

absl::Status ParseDimension(const Element& record, const X3pLimits& limits, Document& document) {
  PM_ASSIGN_OR_RETURN(const Element matrix, record.Child("MatrixDimension"));
  PM_ASSIGN_OR_RETURN(const Element list, record.Child("ListDimension"));
  if (static_cast<bool>(matrix) == static_cast<bool>(list)) {
    return Invalid("Record3 must have either MatrixDimension or ListDimension");
  }
  document.is_matrix = static_cast<bool>(matrix);
  if (document.is_matrix) {
    PM_ASSIGN_OR_RETURN(const Element size_x, matrix.Required("SizeX"));
    PM_ASSIGN_OR_RETURN(const Element size_y, matrix.Required("SizeY"));
    PM_ASSIGN_OR_RETURN(const Element size_z, matrix.Required("SizeZ"));
    PM_ASSIGN_OR_RETURN(document.width, Size(size_x, kSizeMax));
    PM_ASSIGN_OR_RETURN(document.height, Size(size_y, kSizeMax));
    if (size_z.text() != "1") return BadValue(size_z, "1: only a single layer is read");
    document.points = document.width * document.height;  // At most 2^40.
  } else {
    PM_ASSIGN_OR_RETURN(document.points, Size(list, limits.points_max));
  }
  if (document.points > limits.points_max) {
    return absl::ResourceExhaustedError(
        absl::StrFormat("main.xml: MatrixDimension %d x %d has %d points, at most %d",
                        document.width, document.height, document.points, limits.points_max));
  }
  if (document.feature == X3pFeature::kProfile && document.is_matrix && document.height != 1) {
    return Invalid(absl::StrFormat("a profile (PRF) has SizeY 1, not %d", document.height));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> LinkText(const Element& parent, std::string_view name) {
  PM_ASSIGN_OR_RETURN(const Element child, parent.Child(name));
  if (!child || child.text().empty()) return std::string();
  if (const absl::Status safe = CheckEntryName(child.text()); !safe.ok()) {
    return Invalid(child.path() + ": " + std::string(safe.message()));
  }
  return std::string(child.text());
}

absl::Status ParseLink(const Element& element, Document& document) {
  DataLink link;
  PM_ASSIGN_OR_RETURN(link.points, LinkText(element, "PointDataLink"));
  if (link.points.empty()) return Invalid(element.path() + "/PointDataLink is missing");
  PM_ASSIGN_OR_RETURN(link.valid, LinkText(element, "ValidPointsLink"));
  PM_ASSIGN_OR_RETURN(const Element points_md5, element.Child("MD5ChecksumPointData"));
  PM_ASSIGN_OR_RETURN(const Element valid_md5, element.Child("MD5ChecksumValidPoints"));
  link.points_md5 = std::string(points_md5.text());
  link.valid_md5 = std::string(valid_md5.text());
  document.link = std::move(link);
  return absl::OkStatus();
}

std::string LowerCase(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

absl::Status ParseMask(const Element& record, Document& document) {
  PM_ASSIGN_OR_RETURN(const Element mask, record.Child("Mask"));
  if (!mask) return absl::OkStatus();
  PM_ASSIGN_OR_RETURN(const Element background, mask.Child("Background"));
  if (background && !background.text().empty()) {
    document.mask_background = LowerCase(Cleaned(background.text()));
  }
  PM_ASSIGN_OR_RETURN(const Element annotations, mask.Child("Annotations"));
  for (const pugi::xml_node child : annotations.node().children()) {
    if (LocalName(child) != "Annotation") continue;
    document.mask_labels.emplace_back(LowerCase(Cleaned(child.attribute("color").value())),
                                      Cleaned(Trimmed(child.child_value())));
  }
  return absl::OkStatus();
}

absl::Status ParseRecord3(const Element& root, const X3pLimits& limits, Document& document,
                          bool has_points) {
  PM_ASSIGN_OR_RETURN(const Element record, root.Required("Record3"));
  PM_RETURN_IF_ERROR(ParseDimension(record, limits, document));
  PM_ASSIGN_OR_RETURN(const Element link, record.Child("DataLink"));
  PM_ASSIGN_OR_RETURN(const Element list, record.Child("DataList"));
  if (static_cast<bool>(link) == static_cast<bool>(list)) {
    return Invalid("Record3 must have either DataLink or DataList");
  }
  if (has_points != static_cast<bool>(list)) {
    return Invalid("DataList stands outside Record3");
  }
  if (link) PM_RETURN_IF_ERROR(ParseLink(link, document));
  if (list && document.points > limits.list_points_max) {
    return absl::ResourceExhaustedError(absl::StrFormat(
        "main.xml: DataList with %d points, at most %d", document.points, limits.list_points_max));
  }
  return ParseMask(record, document);
}

// Where the metadata of known elements go; nothing for those whose content is used otherwise.
std::string* FieldOf(X3pMetadata& metadata, std::string_view path, bool* is_known) {
  struct Known {
    std::string_view path;
    std::string X3pMetadata::*field;
  };
  static constexpr Known kKnown[] = {
      {"Record2/Date", &X3pMetadata::date},
      {"Record2/Creator", &X3pMetadata::creator},
      {"Record2/Comment", &X3pMetadata::comment},
      {"Record2/CalibrationDate", &X3pMetadata::calibration_date},
      {"Record2/Instrument/Manufacturer", &X3pMetadata::manufacturer},
      {"Record2/Instrument/Model", &X3pMetadata::model},
      {"Record2/Instrument/Serial", &X3pMetadata::serial},
      {"Record2/Instrument/Version", &X3pMetadata::software},
  };
  static constexpr std::string_view kUsedElsewhere[] = {
      "Record1/Revision",        "Record1/FeatureType",   "Record1/Axes/CX",
      "Record1/Axes/CY",         "Record1/Axes/CZ",       "Record1/Axes/Rotation",
      "Record3/MatrixDimension", "Record3/ListDimension", "Record3/DataLink",
      "Record3/DataList",        "Record3/Mask",          "Record4/ChecksumFile",
  };
  *is_known = true;
  for (const Known& known : kKnown) {
    if (path == known.path) return &(metadata.*known.field);
  }
  if (std::find(std::begin(kUsedElsewhere), std::end(kUsedElsewhere), path) !=
      std::end(kUsedElsewhere)) {
    return nullptr;
  }
  *is_known = false;
  return nullptr;
}

// Depth is bounded by kDepthMax, so the recursion is.
void CollectMetadata(pugi::xml_node node, const std::string& path, Document& document) {
  X3pMetadata& metadata = document.metadata;
  for (const pugi::xml_node child : node.children()) {
    if (child.type() != pugi::node_element) continue;
    const std::string name(LocalName(child));
    const std::string child_path = path.empty() ? name : path + "/" + name;
    bool is_known = false;
    std::string* const field = FieldOf(metadata, child_path, &is_known);
    const std::string_view text = Trimmed(child.child_value());
    if (field != nullptr && field->empty()) *field = Cleaned(text);
    if (is_known) continue;
    if (!text.empty()) {
      if (metadata.other.size() < kOtherElementsMax) {
        metadata.other.emplace_back(Cleaned(child_path), Cleaned(text));
      } else if (metadata.other.size() == kOtherElementsMax) {
        metadata.other.emplace_back("", "");  // Full: said once, removed by the caller.
      }
    }
    CollectMetadata(child, child_path, document);
  }
}

// Where a numeric reference stands for NUL or for no character at all. The tree holds C strings, in
// which NUL would hide what follows it.
std::optional<std::size_t> FirstForbiddenReference(std::string_view text) {
  for (std::size_t at = text.find("&#"); at != std::string_view::npos;
       at = text.find("&#", at + 2)) {
    const bool is_hex = text.substr(at + 2, 1) == "x";
    const std::string_view digits = text.substr(at + (is_hex ? 3 : 2), 8);
    std::uint32_t value = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, is_hex ? 16 : 10);
    const bool is_surrogate = value >= 0xD800 && value <= 0xDFFF;
    if (error != std::errc() || value == 0 || value > 0x10FFFF || is_surrogate ||
        end == digits.data() + digits.size() || *end != ';') {
      return at;
    }
  }
  return std::nullopt;
}

}  // namespace

const char* LetterOf(DataType type) {
  switch (type) {
    case DataType::kInt16:
      return "I";
    case DataType::kInt32:
      return "L";
    case DataType::kFloat32:
      return "F";
    case DataType::kFloat64:
      return "D";
  }
  return "";
}

absl::StatusOr<Document> ParseDocument(std::string_view text, const X3pLimits& limits) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
    text.remove_prefix(kByteOrderMark.size());
  }
  if (const std::optional<std::size_t> at = FirstInvalidUtf8(text)) {
    return Invalid(absl::StrFormat("byte %d is not UTF-8, the only encoding read", *at));
  }
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return Invalid(absl::StrFormat("byte %d is NUL", nul));
  }
  if (const std::optional<std::size_t> at = FirstForbiddenReference(text)) {
    return Invalid(absl::StrFormat("byte %d is a reference to no character", *at));
  }
  PM_ASSIGN_OR_RETURN(const SplitDocument split, SplitPoints(text, limits.document_bytes_max));

  pugi::xml_document tree;
  const pugi::xml_parse_result parsed = tree.load_buffer(
      split.without_points.data(), split.without_points.size(),
      pugi::parse_escapes | pugi::parse_cdata | pugi::parse_eol, pugi::encoding_utf8);
  if (!parsed) {
    return Invalid(absl::StrFormat("not well-formed: %s", parsed.description()));
  }
  const Element root(tree.document_element(), "");
  const std::string_view name = LocalName(root.node());
  if (name != "ISO5436_2" && name != "ISO5436") {
    return Invalid("the root element is " + Quoted(name) + ", expected ISO5436_2");
  }
  Document document;
  document.list = split.points;
  PM_RETURN_IF_ERROR(ParseRecord1(root, document));
  PM_RETURN_IF_ERROR(ParseRecord3(root, limits, document, split.has_points));
  PM_ASSIGN_OR_RETURN(const Element record4, root.Child("Record4"));
  PM_ASSIGN_OR_RETURN(const std::string checksum_file, LinkText(record4, "ChecksumFile"));
  if (!checksum_file.empty()) document.checksum_file = checksum_file;
  CollectMetadata(root.node(), "", document);
  if (document.metadata.other.size() > kOtherElementsMax) {
    document.metadata.other.pop_back();
    document.warnings.push_back(absl::StrFormat(
        "more than %d unknown elements: the others are left out", kOtherElementsMax));
  }
  return document;
}

}  // namespace proofmark::forensics::x3p

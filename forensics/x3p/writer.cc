// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "crypto/hash/md5.h"
#include "forensics/x3p/archive.h"
#include "forensics/x3p/document.h"
#include "forensics/x3p/text.h"
#include "forensics/x3p/x3p.h"

namespace proofmark::forensics {
namespace {

std::string Md5Hex(std::string_view bytes) {
  return base::ToHex(base::ByteSpan(crypto::Md5(base::AsBytes(bytes))));
}

absl::Status CheckMap(const HeightMap& map) {
  for (const std::int64_t size : {map.width, map.height}) {
    if (size < 1 || size > x3p::kSizeMax) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "height map: %d x %d points, each way 1 to %d", map.width, map.height, x3p::kSizeMax));
    }
  }
  if (std::ssize(map.height_um) != map.width * map.height) {
    return absl::InvalidArgumentError(absl::StrFormat("height map: %d heights for %d x %d points",
                                                      map.height_um.size(), map.width, map.height));
  }
  for (const double pitch_um : {map.pitch_x_um, map.pitch_y_um}) {
    if (!(pitch_um * 1e-6 >= x3p::kIncrementMin && pitch_um * 1e-6 <= x3p::kIncrementMax)) {
      return absl::InvalidArgumentError(
          absl::StrFormat("height map: pitch %g um, expected 1e-194 to 1e206", pitch_um));
    }
  }
  for (const float height_um : map.height_um) {
    if (std::isfinite(height_um)) return absl::OkStatus();
  }
  return absl::InvalidArgumentError("height map: no point measured");
}

// Heights in metres as `T`, little-endian. What is not measured is one quiet NaN.
template <typename T>
std::string PointData(const HeightMap& map) {
  std::string bytes(map.height_um.size() * sizeof(T), '\0');
  char* out = bytes.data();
  for (const float height_um : map.height_um) {
    const T height_m = std::isfinite(height_um) ? static_cast<T>(double{height_um} * 1e-6)
                                                : std::numeric_limits<T>::quiet_NaN();
    std::memcpy(out, &height_m, sizeof height_m);
    out += sizeof height_m;
  }
  return bytes;
}

std::string Field(std::string_view text) { return x3p::XmlEscaped(x3p::Cleaned(text)); }

// The optional record of who measured with what; nothing when nothing is known.
std::string Record2(const X3pMetadata& metadata) {
  const std::string instrument =
      metadata.manufacturer + metadata.model + metadata.serial + metadata.software;
  if ((instrument + metadata.creator + metadata.comment + metadata.date + metadata.calibration_date)
          .empty()) {
    return "";
  }
  return absl::StrFormat(
      "  <Record2>\n"
      "    <Date>%s</Date>\n"
      "    <Creator>%s</Creator>\n"
      "    <Instrument>\n"
      "      <Manufacturer>%s</Manufacturer>\n"
      "      <Model>%s</Model>\n"
      "      <Serial>%s</Serial>\n"
      "      <Version>%s</Version>\n"
      "    </Instrument>\n"
      "    <CalibrationDate>%s</CalibrationDate>\n"
      "    <Comment>%s</Comment>\n"
      "  </Record2>\n",
      Field(metadata.date), Field(metadata.creator), Field(metadata.manufacturer),
      Field(metadata.model), Field(metadata.serial), Field(metadata.software),
      Field(metadata.calibration_date), Field(metadata.comment));
}

std::string AxisXml(const char* name, const char* axis_type, const char* data_type,
                    const std::string& increment) {
  return absl::StrFormat(
      "      <%s>\n"
      "        <AxisType>%s</AxisType>\n"
      "        <DataType>%s</DataType>\n"
      "        <Increment>%s</Increment>\n"
      "        <Offset>0</Offset>\n"
      "      </%s>\n",
      name, axis_type, data_type, increment, name);
}

std::string DocumentXml(const HeightMap& map, const X3pWriteOptions& options, const char* data_type,
                        const std::string& data_md5) {
  constexpr int kMetresFromMicrometres = -6;
  return absl::StrFormat(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<p:ISO5436_2 xmlns:p=\"http://www.opengps.eu/2008/ISO5436_2\">\n"
      "  <Record1>\n"
      "    <Revision>ISO5436 - 2000</Revision>\n"
      "    <FeatureType>SUR</FeatureType>\n"
      "    <Axes>\n"
      "%s%s%s"
      "    </Axes>\n"
      "  </Record1>\n"
      "%s"
      "  <Record3>\n"
      "    <MatrixDimension>\n"
      "      <SizeX>%d</SizeX>\n"
      "      <SizeY>%d</SizeY>\n"
      "      <SizeZ>1</SizeZ>\n"
      "    </MatrixDimension>\n"
      "    <DataLink>\n"
      "      <PointDataLink>bindata/data.bin</PointDataLink>\n"
      "      <MD5ChecksumPointData>%s</MD5ChecksumPointData>\n"
      "    </DataLink>\n"
      "  </Record3>\n"
      "  <Record4>\n"
      "    <ChecksumFile>md5checksum.hex</ChecksumFile>\n"
      "  </Record4>\n"
      "</p:ISO5436_2>\n",
      AxisXml("CX", "I", "D", x3p::FormatDecimal(map.pitch_x_um, kMetresFromMicrometres)),
      AxisXml("CY", "I", "D", x3p::FormatDecimal(map.pitch_y_um, kMetresFromMicrometres)),
      AxisXml("CZ", "A", data_type, "1"), Record2(options.metadata), map.width, map.height,
      data_md5);
}

}  // namespace

absl::StatusOr<std::string> WriteX3p(const HeightMap& map, const X3pWriteOptions& options) {
  PM_RETURN_IF_ERROR(CheckMap(map));
  const bool is_double = options.data_type == X3pWriteOptions::DataType::kFloat64;
  const std::string data = is_double ? PointData<double>(map) : PointData<float>(map);
  const std::string document = DocumentXml(
      map, options, LetterOf(is_double ? x3p::DataType::kFloat64 : x3p::DataType::kFloat32),
      Md5Hex(data));
  const std::string checksum = Md5Hex(document) + " *main.xml\n";
  return x3p::WriteArchive({{"main.xml", base::AsBytes(document)},
                            {"bindata/data.bin", base::AsBytes(data)},
                            {"md5checksum.hex", base::AsBytes(checksum)}});
}

}  // namespace proofmark::forensics

// SPDX-License-Identifier: Apache-2.0
#include "tests/support/x3p_builder.h"

#include <zlib.h>

#include <cmath>

#include "base/check.h"
#include "crypto/hash/md5.h"

namespace proofmark::testing {
namespace {

void Append16(std::string& out, std::uint32_t value) {
  out.push_back(static_cast<char>(value & 0xFF));
  out.push_back(static_cast<char>(value >> 8 & 0xFF));
}
void Append32(std::string& out, std::uint32_t value) {
  Append16(out, value & 0xFFFF);
  Append16(out, value >> 16);
}
void Append32BigEndian(std::string& out, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

std::uint32_t Crc(std::string_view bytes) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size())));
}

std::string Packed(std::string_view content, int window_bits) {
  z_stream stream = {};
  PM_CHECK(deflateInit2(&stream, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  PM_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Md5Hex(std::string_view bytes) {
  return base::ToHex(base::ByteSpan(crypto::Md5(base::AsBytes(bytes))));
}

std::string Tag(std::string_view name, std::string_view inside) {
  std::string out = "<";
  out.append(name).append(">").append(inside).append("</").append(name).append(">");
  return out;
}

std::string TagUnlessEmpty(std::string_view name, std::string_view inside) {
  return inside.empty() ? std::string() : Tag(name, inside);
}

// Method, CRC and sizes: what both headers of an entry share from the method on.
struct Packing {
  std::uint16_t method = 0;
  std::uint32_t crc = 0;
  std::string bytes;
  std::uint32_t inflated_bytes = 0;
};

Packing Pack(const RawEntry& entry) {
  Packing packing;
  packing.method = entry.deflate ? 8 : entry.method_if_stored;
  packing.crc = entry.crc.value_or(Crc(entry.content));
  packing.bytes = entry.packed    ? *entry.packed
                  : entry.deflate ? Deflated(entry.content)
                                  : entry.content;
  packing.inflated_bytes =
      entry.inflated_bytes.value_or(static_cast<std::uint32_t>(entry.content.size()));
  return packing;
}

void AppendCommonHeader(std::string& out, const RawEntry& entry, const Packing& packing,
                        std::size_t name_bytes) {
  constexpr std::uint32_t kDate = 0x0021;
  Append16(out, 20);
  Append16(out, entry.flags);
  Append16(out, packing.method);
  Append16(out, 0);
  Append16(out, kDate);
  Append32(out, packing.crc);
  Append32(out, static_cast<std::uint32_t>(packing.bytes.size()));
  Append32(out, packing.inflated_bytes);
  Append16(out, static_cast<std::uint32_t>(name_bytes));
  Append16(out, 0);
}

void AppendChunk(std::string& out, std::string_view type, std::string_view content) {
  Append32BigEndian(out, static_cast<std::uint32_t>(content.size()));
  const std::string checked = std::string(type) + std::string(content);
  out += checked;
  Append32BigEndian(out, Crc(checked));
}

}  // namespace

std::string Deflated(std::string_view content) { return Packed(content, -15); }

std::string BuildZip(const RawArchive& archive) {
  std::string out;
  std::string directory;
  for (const RawEntry& entry : archive.entries) {
    const Packing packing = Pack(entry);
    const std::uint32_t offset = static_cast<std::uint32_t>(out.size());
    const std::string local_name = entry.local_name.value_or(entry.name);
    out += std::string("PK\3\4", 4);
    AppendCommonHeader(out, entry, packing, local_name.size());
    out += local_name + packing.bytes;

    directory += std::string("PK\1\2", 4);
    Append16(directory, 20);
    AppendCommonHeader(directory, entry, packing, entry.name.size());
    Append16(directory, 0);  // Comment.
    Append16(directory, 0);  // Disk.
    Append16(directory, 0);
    Append32(directory, 0);
    Append32(directory, entry.local_offset.value_or(offset));
    directory += entry.name;
  }
  const std::uint32_t directory_offset = static_cast<std::uint32_t>(out.size());
  const std::uint32_t count =
      archive.entry_count.value_or(static_cast<std::uint16_t>(archive.entries.size()));
  out += directory;
  out += std::string("PK\5\6", 4);
  Append16(out, archive.disk);
  Append16(out, archive.disk);
  Append16(out, count);
  Append16(out, count);
  Append32(out, static_cast<std::uint32_t>(directory.size()));
  Append32(out, archive.directory_offset.value_or(directory_offset));
  Append16(out, static_cast<std::uint32_t>(archive.comment.size()));
  return out + archive.comment;
}

std::string BuildPng(const RawPng& png) {
  std::string header;
  Append32BigEndian(header, png.width);
  Append32BigEndian(header, png.height);
  header.push_back(static_cast<char>(png.bit_depth));
  header.push_back(static_cast<char>(png.colour_type.value_or(png.channels == 4 ? 6 : 2)));
  header += std::string(3, '\0');
  std::string scanlines;
  const std::size_t row_bytes = png.rows == 0 ? 0 : png.pixels.size() / png.rows;
  for (std::uint32_t row = 0; row < png.rows; ++row) {
    scanlines.push_back('\0');  // No filter.
    scanlines += png.pixels.substr(row * row_bytes, row_bytes);
  }
  std::string out = "\x89PNG\r\n\x1A\n";
  AppendChunk(out, "IHDR", header);
  AppendChunk(out, "IDAT", Packed(scanlines, 15));
  AppendChunk(out, "IEND", "");
  return out;
}

std::string AxisXml(std::string_view axis_type, std::string_view data_type,
                    std::string_view increment, std::string_view offset) {
  return TagUnlessEmpty("AxisType", axis_type) + TagUnlessEmpty("DataType", data_type) +
         TagUnlessEmpty("Increment", increment) + TagUnlessEmpty("Offset", offset);
}

std::vector<double> WavyHeights(std::int64_t width, std::int64_t height) {
  std::vector<double> heights;
  for (std::int64_t y = 0; y < height; ++y) {
    for (std::int64_t x = 0; x < width; ++x) {
      heights.push_back(4e-6 * std::sin(0.3 * static_cast<double>(x) + 0.7) *
                        std::cos(0.1 * static_cast<double>(y)));
    }
  }
  return heights;
}

X3pRecipe::X3pRecipe()
    : cx(AxisXml("I", "D", "1e-05")), cy(AxisXml("I", "D", "1e-05")), cz(AxisXml("A", "F", "1")) {
  SetMatrix("40", "30");
  const std::vector<double> heights = WavyHeights(40, 30);
  data = BytesOfNumbers(std::vector<float>(heights.begin(), heights.end()));
}

void X3pRecipe::SetMatrix(std::string_view size_x, std::string_view size_y,
                          std::string_view size_z) {
  dimension =
      Tag("MatrixDimension", Tag("SizeX", size_x) + Tag("SizeY", size_y) + Tag("SizeZ", size_z));
}

std::string X3pRecipe::DocumentXml() const {
  if (document) return *document;
  std::string points = data_list;
  if (points.empty()) {
    points = Tag("PointDataLink", link) +
             TagUnlessEmpty("MD5ChecksumPointData", data_md5.value_or(Md5Hex(data)));
    if (!valid_link.empty()) {
      points += Tag("ValidPointsLink", valid_link) +
                TagUnlessEmpty("MD5ChecksumValidPoints", valid_md5.value_or(Md5Hex(valid)));
    }
    points = Tag("DataLink", points);
  }
  const std::string axes = Tag("CX", cx) + TagUnlessEmpty("CY", cy) + Tag("CZ", cz) + rotation;
  return before_root + "<" + root + " xmlns:p=\"http://www.opengps.eu/2008/ISO5436_2\">\n" +
         Tag("Record1",
             Tag("Revision", "ISO5436 - 2000") + Tag("FeatureType", feature) + Tag("Axes", axes)) +
         "\n" + record2 + "\n" + Tag("Record3", dimension + points + record3_extra) + "\n" +
         Tag("Record4", Tag("ChecksumFile", checksum_file)) + "\n</" + root + ">\n";
}

RawArchive X3pRecipe::Archive() const {
  RawArchive archive;
  const std::string xml = DocumentXml();
  const auto add = [&](const std::string& name, const std::string& content) {
    RawEntry entry;
    entry.name = folder + name;
    entry.content = content;
    entry.deflate = deflate;
    archive.entries.push_back(std::move(entry));
  };
  add("main.xml", xml);
  if (data_list.empty()) add("bindata/data.bin", data);
  if (!valid_link.empty()) add("bindata/valid.bin", valid);
  if (!mask.empty()) add("bindata/mask.png", mask);
  if (with_checksum_file) {
    add("md5checksum.hex", checksum.value_or(Md5Hex(xml) + " *main.xml\n"));
  }
  archive.entries.insert(archive.entries.end(), more.begin(), more.end());
  return archive;
}

}  // namespace proofmark::testing

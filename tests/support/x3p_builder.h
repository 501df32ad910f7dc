// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace proofmark::testing {

// One entry of a ZIP archive. What is left unset is true; what is set is written as it is.
struct RawEntry {
  std::string name;
  std::string content;
  bool deflate = false;
  std::uint16_t method_if_stored = 0;
  std::uint16_t flags = 0;
  std::optional<std::string> packed;            // In place of the packed content.
  std::optional<std::uint32_t> inflated_bytes;  // Declared, in both headers.
  std::optional<std::uint32_t> crc;
  std::optional<std::string> local_name;
  std::optional<std::uint32_t> local_offset;
};

struct RawArchive {
  std::vector<RawEntry> entries;
  std::string comment;
  std::uint16_t disk = 0;
  std::optional<std::uint16_t> entry_count;
  std::optional<std::uint32_t> directory_offset;
};

std::string BuildZip(const RawArchive& archive);

// Raw deflate of `content` at the highest level.
std::string Deflated(std::string_view content);

// An RGB or RGBA image with `channels` bytes a pixel; the header may lie about the size.
struct RawPng {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint8_t channels = 3;
  std::uint8_t bit_depth = 8;
  std::optional<std::uint8_t> colour_type;
  std::string pixels;      // Row by row, without filter bytes.
  std::uint32_t rows = 0;  // Rows in `pixels`.
};
std::string BuildPng(const RawPng& png);

// Inside of CX, CY or CZ. An empty text leaves the element out.
std::string AxisXml(std::string_view axis_type, std::string_view data_type,
                    std::string_view increment, std::string_view offset = "0");

// An X3P file, valid unless something is changed: 40 x 30 float heights of a few micrometres every
// 10 micrometres. Strings named like elements are the XML inside of them.
struct X3pRecipe {
  X3pRecipe();

  std::string before_root = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  std::string root = "p:ISO5436_2";
  std::string feature = "SUR";
  std::string cx, cy, cz;
  std::string rotation;       // The whole element, if any.
  std::string record2;        // The whole element, if any.
  std::string dimension;      // MatrixDimension or ListDimension, the whole element.
  std::string data_list;      // The whole element, instead of the link.
  std::string record3_extra;  // Further elements of Record3.
  std::string checksum_file = "md5checksum.hex";
  std::string link = "bindata/data.bin";
  std::string valid_link;               // Empty: no validity.
  std::optional<std::string> data_md5;  // Unset: the true one. Empty: no element.
  std::optional<std::string> valid_md5;
  std::optional<std::string> document;  // In place of the whole main.xml.
  std::optional<std::string> checksum;  // In place of the content of the checksum file.
  bool with_checksum_file = true;

  std::string folder;  // Before every name, with its slash.
  std::string data;    // Content of bindata/data.bin.
  std::string valid;   // Content of bindata/valid.bin, there if `valid_link` is.
  std::string mask;    // Content of bindata/mask.png, there if not empty.
  bool deflate = true;
  std::vector<RawEntry> more;  // Further entries.

  // "4", "3" and "1" as MatrixDimension.
  void SetMatrix(std::string_view size_x, std::string_view size_y, std::string_view size_z = "1");
  std::string DocumentXml() const;
  RawArchive Archive() const;
  std::string Build() const { return BuildZip(Archive()); }
};

// Little-endian bytes of numbers.
template <typename T>
std::string BytesOfNumbers(const std::vector<T>& numbers) {
  std::string bytes(numbers.size() * sizeof(T), '\0');
  if (!numbers.empty()) std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

// Heights in metres of a smooth surface with a range of 8 micrometres, x fastest.
std::vector<double> WavyHeights(std::int64_t width, std::int64_t height);

}  // namespace proofmark::testing

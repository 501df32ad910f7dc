// SPDX-License-Identifier: Apache-2.0
#include "forensics/x3p/archive.h"

#include <zip.h>

#include <algorithm>
#include <iterator>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "forensics/x3p/text.h"

namespace proofmark::forensics::x3p {
namespace {

// zip_error_t is a value with an inside to free.
class ZipError {
 public:
  ZipError() { zip_error_init(&error_); }
  ~ZipError() { zip_error_fini(&error_); }
  ZipError(const ZipError&) = delete;
  ZipError& operator=(const ZipError&) = delete;

  zip_error_t* get() { return &error_; }
  std::string text() { return zip_error_strerror(&error_); }

 private:
  zip_error_t error_;
};

struct FileCloser {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
struct SourceFreer {
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using Source = std::unique_ptr<zip_source_t, SourceFreer>;

// An archive that is being written: closing is where libzip writes, discarding frees.
struct ZipDiscarder {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};

absl::Status Internal(const char* what, zip_error_t* error) {
  return absl::InternalError(
      absl::StrFormat("writing an archive: %s: %s", what, zip_error_strerror(error)));
}

// All parts with `method`, into a growing buffer that becomes the string.
absl::StatusOr<std::string> WriteWith(const std::vector<ArchivePart>& parts,
                                      const std::vector<std::int32_t>& methods) {
  ZipError error;
  Source out(zip_source_buffer_create(nullptr, 0, 0, error.get()));
  if (out == nullptr) return Internal("buffer", error.get());
  std::unique_ptr<zip_t, ZipDiscarder> archive(
      zip_open_from_source(out.get(), ZIP_TRUNCATE, error.get()));
  if (archive == nullptr) return Internal("open", error.get());
  zip_source_keep(out.get());  // One reference is the archive's now, one ours.
  for (std::size_t i = 0; i < parts.size(); ++i) {
    zip_source_t* part =
        zip_source_buffer(archive.get(), parts[i].bytes.data(), parts[i].bytes.size(), 0);
    if (part == nullptr) return Internal("part", zip_get_error(archive.get()));
    const zip_int64_t index =
        zip_file_add(archive.get(), parts[i].name.c_str(), part, ZIP_FL_ENC_UTF_8);
    if (index < 0) {
      zip_source_free(part);
      return Internal("add", zip_get_error(archive.get()));
    }
    constexpr zip_uint16_t kFirstOfJanuary1980 = 0x0021;
    const zip_uint64_t at = static_cast<zip_uint64_t>(index);
    if (zip_file_set_dostime(archive.get(), at, 0, kFirstOfJanuary1980, 0) != 0 ||
        zip_set_file_compression(archive.get(), at, methods[i], 0) != 0) {
      return Internal("attributes", zip_get_error(archive.get()));
    }
  }
  if (zip_close(archive.get()) != 0) return Internal("close", zip_get_error(archive.get()));
  archive.release();

  zip_stat_t stat;
  if (zip_source_stat(out.get(), &stat) != 0 || zip_source_open(out.get()) != 0) {
    return Internal("read back", zip_source_error(out.get()));
  }
  std::string bytes(stat.size, '\0');
  const zip_int64_t read = zip_source_read(out.get(), bytes.data(), bytes.size());
  zip_source_close(out.get());
  if (read != static_cast<zip_int64_t>(bytes.size())) {
    return Internal("read back", zip_source_error(out.get()));
  }
  return bytes;
}

}  // namespace

void Archive::ZipCloser::operator()(zip* archive) const { zip_discard(archive); }

absl::StatusOr<Archive> Archive::Open(base::ByteSpan file, std::int64_t entries_max,
                                      std::int64_t inflated_bytes_max) {
  PM_ASSIGN_OR_RETURN(std::vector<ZipEntry> entries, ReadZipDirectory(file, entries_max));
  PM_RETURN_IF_ERROR(CheckInflatedSizes(entries, inflated_bytes_max));
  ZipError error;
  Source source(zip_source_buffer_create(file.data(), file.size(), 0, error.get()));
  if (source == nullptr) return absl::InvalidArgumentError("archive: " + error.text());
  std::unique_ptr<zip, ZipCloser> archive(
      zip_open_from_source(source.get(), ZIP_RDONLY | ZIP_CHECKCONS, error.get()));
  if (archive == nullptr) return absl::InvalidArgumentError("archive: " + error.text());
  source.release();  // The archive owns it once it is open.

  // Two readers of one directory must see one directory.
  bool agree = zip_get_num_entries(archive.get(), 0) == static_cast<zip_int64_t>(entries.size());
  for (std::size_t i = 0; agree && i < entries.size(); ++i) {
    zip_stat_t stat;
    agree = zip_stat_index(archive.get(), i, ZIP_FL_ENC_RAW, &stat) == 0 &&
            stat.name == entries[i].name &&
            stat.size == static_cast<zip_uint64_t>(entries[i].inflated_bytes) &&
            stat.comp_size == static_cast<zip_uint64_t>(entries[i].compressed_bytes);
  }
  if (!agree) return absl::InvalidArgumentError("archive: its directory can be read in two ways");
  return Archive(std::move(entries), std::move(archive));
}

const ZipEntry* Archive::Find(std::string_view name) const {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [&](const ZipEntry& entry) { return entry.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

absl::StatusOr<Buffer> Archive::Read(const ZipEntry& entry, std::int64_t bytes_max) const {
  const std::string shown = Quoted(entry.name);
  if (entry.inflated_bytes > bytes_max) {
    return absl::ResourceExhaustedError(absl::StrFormat("entry %s has %d bytes, at most %d", shown,
                                                        entry.inflated_bytes, bytes_max));
  }
  const std::unique_ptr<zip_file_t, FileCloser> file(
      zip_fopen_index(archive_.get(), static_cast<zip_uint64_t>(entry.index), 0));
  if (file == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrFormat("entry %s cannot be opened: %s", shown, zip_strerror(archive_.get())));
  }
  Buffer buffer(static_cast<std::size_t>(entry.inflated_bytes));
  std::int64_t got = 0;
  while (got < entry.inflated_bytes) {
    const zip_int64_t n = zip_fread(file.get(), buffer.data() + got,
                                    static_cast<zip_uint64_t>(entry.inflated_bytes - got));
    if (n <= 0) break;
    got += n;
  }
  // The CRC is compared when the end is met, so the end has to be asked for.
  std::byte beyond;
  const zip_int64_t more = zip_fread(file.get(), &beyond, 1);
  zip_error_t* const error = zip_file_get_error(file.get());
  const int code = zip_error_code_zip(error);
  if (code != ZIP_ER_OK && code != ZIP_ER_CRC) {
    return absl::InvalidArgumentError(
        absl::StrFormat("entry %s cannot be inflated: %s", shown, zip_error_strerror(error)));
  }
  if (got != entry.inflated_bytes || more > 0) {
    return absl::InvalidArgumentError(
        absl::StrFormat("entry %s inflates to %s than the declared %d bytes", shown,
                        more > 0 ? "more" : "fewer", entry.inflated_bytes));
  }
  if (code == ZIP_ER_CRC) {
    return absl::DataLossError("entry " + shown + " does not match its CRC-32");
  }
  return buffer;
}

absl::StatusOr<std::string> WriteArchive(const std::vector<ArchivePart>& parts) {
  std::vector<std::int32_t> methods(parts.size(), ZIP_CM_DEFLATE);
  PM_ASSIGN_OR_RETURN(std::string bytes, WriteWith(parts, methods));
  PM_ASSIGN_OR_RETURN(const std::vector<ZipEntry> written,
                      ReadZipDirectory(base::AsBytes(bytes), std::ssize(parts)));
  bool again = false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!IsPackedTooWell(written[i])) continue;
    methods[i] = ZIP_CM_STORE;
    again = true;
  }
  return again ? WriteWith(parts, methods) : std::move(bytes);
}

}  // namespace proofmark::forensics::x3p

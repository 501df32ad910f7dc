// SPDX-License-Identifier: Apache-2.0
#include "records/ledger_entry.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "absl/strings/str_format.h"
#include "base/bytes.h"
#include "base/check.h"
#include "base/status.h"

namespace proofmark::records {
namespace {

constexpr std::string_view kTypeTag = "proofmark/audit/v1";
constexpr std::string_view kAbsent = "-";

// In the order of EntryKind.
constexpr std::array<std::string_view, kEntryKindCount> kKindTexts = {
    "start",           "stop",           "submit",      "amend",
    "query-out",       "query-in",       "decision",    "answer-in",
    "release",         "deny",           "lookup-eval", "lookup-snapshot",
    "admin-read",      "config",         "key",         "witness",
    "alarm",           "withdraw",       "review",      "link",
    "details-request", "refuse",         "correct",     "erase",
    "export",          "registry-change"};

bool IsCodeCharacter(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == ':' || c == '/' || c == '-';
}
bool IsNameCharacter(char c) { return c > ' ' && c <= '~'; }
bool IsLowerHexDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

absl::Status Refuse(std::string_view line, std::string_view why) {
  return absl::InvalidArgumentError(absl::StrFormat("ledger entry: %s: %s", line, why));
}

// What a value may be. Absence is no value but the line's business.
struct Rule {
  bool (*allowed)(char);
  std::size_t bytes_min;
  std::size_t bytes_max;
  const char* words;
};
constexpr Rule kCode{IsCodeCharacter, 1, kCodeBytesMax, "a code of at most 64 characters"};
constexpr Rule kName{IsNameCharacter, 1, kNameBytesMax,
                     "at most 512 printable characters without space"};
constexpr Rule kExchange{IsLowerHexDigit, 32, 32, "32 lower-case hexadecimal digits"};
constexpr Rule kHash{IsLowerHexDigit, 64, 64, "64 lower-case hexadecimal digits"};

absl::Status CheckValue(std::string_view line, std::string_view value, const Rule& rule) {
  if (value.size() >= rule.bytes_min && value.size() <= rule.bytes_max && value != kAbsent &&
      std::ranges::all_of(value, rule.allowed)) {
    return absl::OkStatus();
  }
  return Refuse(line, absl::StrFormat("must be %s", rule.words));
}

// A line whose value is text, and where the draft keeps it.
struct TextLine {
  std::string_view key;
  std::string EntryDraft::*field;
  Rule rule;
};

// The lines between `kind` and `outcome`, in order. Each may be absent.
constexpr std::array<TextLine, 10> kOptionalLines = {{
    {"peer", &EntryDraft::peer, kName},
    {"exchange", &EntryDraft::exchange, kExchange},
    {"purpose", &EntryDraft::purpose, kCode},
    {"case", &EntryDraft::case_commitment, kHash},
    {"actor", &EntryDraft::actor, kCode},
    {"offence", &EntryDraft::offence, kCode},
    {"subject", &EntryDraft::subject, kCode},
    {"object", &EntryDraft::object, kHash},
    {"req", &EntryDraft::request_hash, kHash},
    {"rsp", &EntryDraft::response_hash, kHash},
}};
constexpr TextLine kDetailLine{"detail", &EntryDraft::detail, kHash};

void AddLine(std::string& out, std::string_view key, std::string_view value) {
  out.append(key).append(" ").append(value).append("\n");
}

absl::Status AddOptional(std::string& out, const TextLine& line, const EntryDraft& draft) {
  const std::string& value = draft.*line.field;
  if (!value.empty()) PM_RETURN_IF_ERROR(CheckValue(line.key, value, line.rule));
  AddLine(out, line.key, value.empty() ? kAbsent : value);
  return absl::OkStatus();
}

std::string PeerEntryText(const std::optional<PeerEntry>& entry) {
  if (!entry) return std::string(kAbsent);
  return absl::StrFormat("%d:%s", entry->index, base::ToHex(base::ByteSpan(entry->leaf_hash)));
}

// Decimal without sign or leading zeros.
template <typename Integer>
absl::Status ParseDecimal(std::string_view line, std::string_view text, Integer& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool canonical = !text.empty() && text.front() != '-' && (text == "0" || text[0] != '0');
  if (error == std::errc() && end == text.data() + text.size() && canonical) {
    return absl::OkStatus();
  }
  return Refuse(line, absl::StrFormat("must be a decimal number of at most %d",
                                      std::numeric_limits<Integer>::max()));
}

// Hands out an entry's lines one after another.
class LineReader {
 public:
  explicit LineReader(std::string_view bytes) : rest_(bytes) {}

  bool done() const { return rest_.empty(); }

  // The next line without its LF.
  absl::StatusOr<std::string_view> Line(std::string_view what) {
    const std::size_t end = rest_.find('\n');
    if (end == std::string_view::npos) return Refuse(what, "the line is missing");
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    return line;
  }

  // The value of the next line, which must have this key.
  absl::StatusOr<std::string_view> Value(std::string_view key) {
    PM_ASSIGN_OR_RETURN(std::string_view line, Line(key));
    if (!line.starts_with(key) || line.size() <= key.size() || line[key.size()] != ' ') {
      return Refuse(key, "another line stands in its place");
    }
    return line.substr(key.size() + 1);
  }

 private:
  std::string_view rest_;
};

absl::Status ReadOptional(LineReader& lines, const TextLine& line, EntryDraft& draft) {
  PM_ASSIGN_OR_RETURN(const std::string_view value, lines.Value(line.key));
  if (value == kAbsent) return absl::OkStatus();
  PM_RETURN_IF_ERROR(CheckValue(line.key, value, line.rule));
  draft.*line.field = value;
  return absl::OkStatus();
}

template <typename Integer>
absl::Status ReadDecimal(LineReader& lines, std::string_view key, Integer& value) {
  PM_ASSIGN_OR_RETURN(const std::string_view text, lines.Value(key));
  return ParseDecimal(key, text, value);
}

absl::Status ReadRequired(LineReader& lines, std::string_view key, const Rule& rule,
                          std::string& value) {
  PM_ASSIGN_OR_RETURN(const std::string_view text, lines.Value(key));
  PM_RETURN_IF_ERROR(CheckValue(key, text, rule));
  value = text;
  return absl::OkStatus();
}

absl::Status ReadPeerEntry(LineReader& lines, std::optional<PeerEntry>& entry) {
  constexpr std::string_view kKey = "peer-entry";
  PM_ASSIGN_OR_RETURN(const std::string_view text, lines.Value(kKey));
  if (text == kAbsent) return absl::OkStatus();
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return Refuse(kKey, "must be <index>:<leaf hash> or -");
  PeerEntry read;
  PM_RETURN_IF_ERROR(ParseDecimal(kKey, text.substr(0, colon), read.index));
  const std::string_view hex = text.substr(colon + 1);
  PM_RETURN_IF_ERROR(CheckValue(kKey, hex, kHash));
  PM_ASSIGN_OR_RETURN(const std::string hash, base::ParseHex(hex));
  std::ranges::copy(base::AsBytes(hash), read.leaf_hash.begin());
  entry = read;
  return absl::OkStatus();
}

// Lines of later versions: any `key SP value` without control characters.
absl::Status SkipUnknownLines(LineReader& lines) {
  while (!lines.done()) {
    PM_ASSIGN_OR_RETURN(const std::string_view line, lines.Line("last line"));
    const std::size_t space = line.find(' ');
    const bool well_formed = space != std::string_view::npos && space > 0 &&
                             space + 1 < line.size() && std::ranges::all_of(line, [](char c) {
                               return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F;
                             });
    if (!well_formed) return Refuse("unknown line", "must be a key, a space and a value");
  }
  return absl::OkStatus();
}

}  // namespace

std::string_view ToText(EntryKind kind) {
  const std::size_t index = static_cast<std::size_t>(kind);
  PM_CHECK(index < kKindTexts.size());
  return kKindTexts[index];
}

absl::StatusOr<EntryKind> ParseEntryKind(std::string_view text) {
  const auto found = std::ranges::find(kKindTexts, text);
  if (found == kKindTexts.end()) return Refuse("kind", "not a known kind");
  return static_cast<EntryKind>(found - kKindTexts.begin());
}

absl::StatusOr<std::string> FormatEntry(const LedgerEntry& entry) {
  const EntryDraft& draft = entry.draft;
  if (entry.unix_ms < 0) return Refuse("time", "must not be before 1970");
  PM_RETURN_IF_ERROR(CheckValue("node", entry.node, kName));
  PM_RETURN_IF_ERROR(CheckValue("outcome", draft.outcome, kCode));

  std::string out = std::string(kTypeTag) + "\n";
  AddLine(out, "seq", std::to_string(entry.seq));
  AddLine(out, "time", std::to_string(entry.unix_ms));
  AddLine(out, "node", entry.node);
  AddLine(out, "kind", ToText(draft.kind));
  for (const TextLine& line : kOptionalLines) PM_RETURN_IF_ERROR(AddOptional(out, line, draft));
  AddLine(out, "outcome", draft.outcome);
  AddLine(out, "count", std::to_string(draft.count));
  PM_RETURN_IF_ERROR(AddOptional(out, kDetailLine, draft));
  AddLine(out, "peer-entry", PeerEntryText(draft.peer_entry));
  // Each value has its own bound; together they stay below the entry's.
  PM_CHECK(out.size() <= kEntryBytesMax);
  return out;
}

absl::StatusOr<LedgerEntry> ParseEntry(std::string_view bytes) {
  if (bytes.size() > kEntryBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrFormat("ledger entry: %d bytes, more than %d", bytes.size(), kEntryBytesMax));
  }
  LineReader lines(bytes);
  PM_ASSIGN_OR_RETURN(const std::string_view tag, lines.Line("type tag"));
  if (tag != kTypeTag) return Refuse("type tag", "not proofmark/audit/v1");

  LedgerEntry entry;
  EntryDraft& draft = entry.draft;
  PM_RETURN_IF_ERROR(ReadDecimal(lines, "seq", entry.seq));
  PM_RETURN_IF_ERROR(ReadDecimal(lines, "time", entry.unix_ms));
  PM_RETURN_IF_ERROR(ReadRequired(lines, "node", kName, entry.node));
  PM_ASSIGN_OR_RETURN(const std::string_view kind, lines.Value("kind"));
  PM_ASSIGN_OR_RETURN(draft.kind, ParseEntryKind(kind));
  for (const TextLine& line : kOptionalLines) PM_RETURN_IF_ERROR(ReadOptional(lines, line, draft));
  PM_RETURN_IF_ERROR(ReadRequired(lines, "outcome", kCode, draft.outcome));
  PM_RETURN_IF_ERROR(ReadDecimal(lines, "count", draft.count));
  PM_RETURN_IF_ERROR(ReadOptional(lines, kDetailLine, draft));
  PM_RETURN_IF_ERROR(ReadPeerEntry(lines, draft.peer_entry));
  PM_RETURN_IF_ERROR(SkipUnknownLines(lines));
  return entry;
}

}  // namespace proofmark::records

// SPDX-License-Identifier: Apache-2.0
#include "forensics/x3p/markup.h"

#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/status.h"
#include "forensics/x3p/text.h"

namespace proofmark::forensics::x3p {
namespace {

enum class TokenKind {
  kText,
  kStart,
  kEmptyElement,
  kEnd,
  kOther,  // Comment, CDATA section or processing instruction.
  kEndOfText,
  kRefused,
};

struct Token {
  TokenKind kind = TokenKind::kEndOfText;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view name;          // Of an element, with its prefix.
  const char* refusal = nullptr;  // What is wrong at `begin`.
};

Token Refusal(std::size_t at, const char* why) { return {TokenKind::kRefused, at, at, {}, why}; }

// The construct that begins with "<!" or "<?" at `at`.
Token OtherToken(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at);
  std::string_view open;
  std::string_view close;
  if (rest.substr(0, 4) == "<!--") {
    open = "<!--", close = "-->";
  } else if (rest.substr(0, 9) == "<![CDATA[") {
    open = "<![CDATA[", close = "]]>";
  } else if (rest.substr(0, 2) == "<?") {
    open = "<?", close = "?>";
  } else {
    return Refusal(at, "document type and entity declarations are not allowed");
  }
  const std::size_t found = rest.find(close, open.size());
  if (found == std::string_view::npos) return Refusal(at, "comment or section without end");
  return {TokenKind::kOther, at, at + found + close.size(), {}, nullptr};
}

// The tag at `at`. Quoted attribute values may hold anything but '<'.
Token TagToken(std::string_view text, std::size_t at) {
  const bool is_end = text.substr(at, 2) == "</";
  const std::size_t name_at = at + (is_end ? 2 : 1);
  const std::size_t name_end = std::min(text.find_first_of(" \t\r\n/>'\"=<", name_at), text.size());
  if (name_end == name_at) return Refusal(at, "'<' that begins no tag");
  char quote = '\0';
  for (std::size_t i = name_end; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '<') break;
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      const bool is_empty = !is_end && text[i - 1] == '/';
      return {is_end     ? TokenKind::kEnd
              : is_empty ? TokenKind::kEmptyElement
                         : TokenKind::kStart,
              at, i + 1, text.substr(name_at, name_end - name_at), nullptr};
    }
  }
  return Refusal(at, "tag without end");
}

Token NextToken(std::string_view text, std::size_t at) {
  if (at == text.size()) return {TokenKind::kEndOfText, at, at, {}, nullptr};
  if (text[at] != '<') {
    return {TokenKind::kText, at, std::min(text.find('<', at), text.size()), {}, nullptr};
  }
  if (text.substr(at, 2) == "<!" || text.substr(at, 2) == "<?") return OtherToken(text, at);
  return TagToken(text, at);
}

std::string_view LocalName(std::string_view name) {
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

absl::Status Refused(std::size_t at, const char* why) {
  return absl::InvalidArgumentError(absl::StrFormat("main.xml: byte %d: %s", at, why));
}

absl::Status TooMuch(const char* what, std::int64_t bound) {
  return absl::ResourceExhaustedError(absl::StrFormat("main.xml: more than %d %s", bound, what));
}

// Walks the inside of a DataList from `at`; gives its end tag. Only Datum elements with plain text,
// and comments, may stand there, so that DatumReader need not look again.
absl::StatusOr<Token> WalkPoints(std::string_view text, std::size_t at,
                                 std::string_view list_name) {
  std::string_view open_datum;
  for (;;) {
    const Token token = NextToken(text, at);
    at = token.end;
    switch (token.kind) {
      case TokenKind::kRefused:
        return Refused(token.begin, token.refusal);
      case TokenKind::kEndOfText:
        return Refused(token.begin, "DataList without end");
      case TokenKind::kText: {
        const std::string_view inside = text.substr(token.begin, token.end - token.begin);
        if (open_datum.empty() && !Trimmed(inside).empty()) {
          return Refused(token.begin, "text between the points of DataList");
        }
        break;
      }
      case TokenKind::kOther:
        if (!open_datum.empty() || text.substr(token.begin, 4) != "<!--") {
          return Refused(token.begin, "only points and comments may stand in DataList");
        }
        break;
      case TokenKind::kStart:
      case TokenKind::kEmptyElement:
        if (!open_datum.empty() || LocalName(token.name) != "Datum") {
          return Refused(token.begin, "only Datum may stand in DataList");
        }
        if (token.kind == TokenKind::kStart) open_datum = token.name;
        break;
      case TokenKind::kEnd:
        if (open_datum.empty() && token.name == list_name) return token;
        if (open_datum.empty() || token.name != open_datum) {
          return Refused(token.begin, "end tag that closes nothing");
        }
        open_datum = {};
        break;
    }
  }
}

}  // namespace

absl::StatusOr<SplitDocument> SplitPoints(std::string_view document, std::int64_t tree_bytes_max) {
  SplitDocument split;
  std::vector<std::string_view> open;
  std::int64_t nodes = 0;
  std::size_t copied = 0;
  const auto copy_until = [&](std::size_t end) {
    const std::size_t bytes = split.without_points.size() + (end - copied);
    if (bytes > static_cast<std::size_t>(tree_bytes_max)) return false;
    split.without_points.append(document.substr(copied, end - copied));
    return true;
  };
  for (Token token = NextToken(document, 0); token.kind != TokenKind::kEndOfText;
       token = NextToken(document, token.end)) {
    if (token.kind == TokenKind::kRefused) return Refused(token.begin, token.refusal);
    const bool is_node =
        token.kind == TokenKind::kText
            ? !Trimmed(document.substr(token.begin, token.end - token.begin)).empty()
            : token.kind != TokenKind::kEnd;
    if (is_node && ++nodes > kNodesMax) return TooMuch("nodes", kNodesMax);
    if (token.kind == TokenKind::kEnd) {
      if (open.empty() || open.back() != token.name) {
        return Refused(token.begin, "end tag that closes nothing");
      }
      open.pop_back();
    }
    if (token.kind != TokenKind::kStart) continue;
    open.push_back(token.name);
    if (open.size() > static_cast<std::size_t>(kDepthMax)) {
      return TooMuch("levels of nesting", kDepthMax);
    }
    if (LocalName(token.name) != "DataList") continue;
    if (split.has_points) return Refused(token.begin, "a second DataList");
    PM_ASSIGN_OR_RETURN(const Token list_end, WalkPoints(document, token.end, token.name));
    split.has_points = true;
    split.points = document.substr(token.end, list_end.begin - token.end);
    if (!copy_until(token.end)) return TooMuch("bytes outside DataList", tree_bytes_max);
    copied = list_end.begin;
    open.pop_back();
    token = list_end;
  }
  if (!open.empty()) return Refused(document.size(), "the document ends inside an element");
  if (!copy_until(document.size())) return TooMuch("bytes outside DataList", tree_bytes_max);
  return split;
}

bool DatumReader::Next(std::string_view* datum) {
  for (;;) {
    const Token token = NextToken(points_, at_);
    at_ = token.end;
    switch (token.kind) {
      case TokenKind::kText:
      case TokenKind::kOther:
      case TokenKind::kEnd:
        continue;
      case TokenKind::kEmptyElement:
        *datum = {};
        return true;
      case TokenKind::kStart: {
        const Token text = NextToken(points_, at_);
        *datum = text.kind == TokenKind::kText
                     ? Trimmed(points_.substr(text.begin, text.end - text.begin))
                     : std::string_view();
        return true;
      }
      case TokenKind::kEndOfText:
      case TokenKind::kRefused:
        return false;
    }
  }
}

}  // namespace proofmark::forensics::x3p

// SPDX-License-Identifier: Apache-2.0
#include "client/cli/console.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

namespace proofmark::client::cli {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::int64_t kWidthMin = 40;
constexpr std::int64_t kWidthMax = 400;

std::string_view Code(Style style) {
  switch (style) {
    case Style::kPlain:
      return "";
    case Style::kBold:
      return "1";
    case Style::kDim:
      return "2";
    case Style::kGood:
      return "32";
    case Style::kWarning:
      return "33";
    case Style::kBad:
      return "1;31";
  }
  return "";
}

std::string Coloured(bool colour, Style style, std::string_view text) {
  if (!colour || style == Style::kPlain) return std::string(text);
  return "\x1b[" + std::string(Code(style)) + "m" + std::string(text) + "\x1b[0m";
}

// Bytes of the well-formed UTF-8 character at the front of `text`, 0 if there is none (RFC 3629:
// no overlong forms, no surrogates, at most U+10FFFF).
std::size_t CharacterBytes(std::string_view text) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (first == 0xE0 && byte(1) < 0xA0) return 0;
  if (first == 0xED && byte(1) > 0x9F) return 0;
  if (first == 0xF0 && byte(1) < 0x90) return 0;
  if (first == 0xF4 && byte(1) > 0x8F) return 0;
  return size;
}

bool IsControl(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  // U+0080..U+009F: terminals take some of them for escape sequences.
  return character.size() == 2 && first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
}

}  // namespace

Console Console::Standard() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool colour = (no_color == nullptr || *no_color == '\0') &&
                      (term == nullptr || std::string_view(term) != "dumb");
  Options options;
  options.err_terminal = ::isatty(STDERR_FILENO) != 0;
  options.out_colour = colour && ::isatty(STDOUT_FILENO) != 0;
  options.err_colour = colour && options.err_terminal;
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    options.width = std::clamp<std::int64_t>(size.ws_col, kWidthMin, kWidthMax);
  }
  return Console(std::cout, std::cerr, options);
}

std::string Console::ForOut(Style style, std::string_view text) const {
  return Coloured(options_.out_colour, style, text);
}

std::string Console::ForErr(Style style, std::string_view text) const {
  return Coloured(options_.err_colour, style, text);
}

void Console::Note(std::string_view line) { err_ << line << '\n'; }

void Console::Warn(std::string_view line) {
  err_ << ForErr(Style::kWarning, "warning:") << ' ' << line << '\n';
}

std::string Printable(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const std::size_t bytes = CharacterBytes(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(bytes, 1));
    clean += bytes == 0 || IsControl(character) ? kReplacement : character;
    text.remove_prefix(character.size());
  }
  return clean;
}

std::int64_t DisplayWidth(std::string_view text) {
  return std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
}

}  // namespace proofmark::client::cli

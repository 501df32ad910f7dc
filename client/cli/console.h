// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

namespace proofmark::client::cli {

enum class Style { kPlain, kBold, kDim, kGood, kWarning, kBad };

// Where a command speaks: data to `out`, everything else to `err`. Not thread-safe.
class Console {
 public:
  struct Options {
    bool out_colour = false;  // Only on a terminal and never with NO_COLOR.
    bool err_colour = false;
    bool err_terminal = false;  // Progress moves only there.
    std::int64_t width = 100;   // Columns of the terminal.
  };

  Console(std::ostream& out, std::ostream& err, Options options)
      : out_(out), err_(err), options_(options) {}

  // The process's own streams, looked at as they are.
  static Console Standard();

  std::ostream& out() { return out_; }
  std::ostream& err() { return err_; }
  const Options& options() const { return options_; }

  // `text` in a style for `out` or `err`; unchanged without colour.
  std::string ForOut(Style style, std::string_view text) const;
  std::string ForErr(Style style, std::string_view text) const;

  // One line on `err`, in front of it what sort it is.
  void Note(std::string_view line);
  void Warn(std::string_view line);

 private:
  std::ostream& out_;
  std::ostream& err_;
  Options options_;
};

// Text from outside made harmless for a terminal: control characters and bytes that are no UTF-8
// become U+FFFD.
std::string Printable(std::string_view text);

// Columns that printable UTF-8 text takes, one a character.
std::int64_t DisplayWidth(std::string_view text);

}  // namespace proofmark::client::cli

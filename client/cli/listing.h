// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "base/status.h"
#include "client/cli/command.h"
#include "client/cli/json.h"
#include "client/cli/table.h"

// Lists that a node gives in pages.
namespace proofmark::client::cli {

inline constexpr std::int64_t kListMax = 100'000;
inline constexpr std::int64_t kListPageMax = 500;

// --limit N.
inline Parameter LimitOption(std::int64_t fallback) {
  return {.name = "--limit",
          .help = "At most this many.",
          .kind = ValueKind::kInteger,
          .fallback = std::to_string(fallback),
          .min = 1,
          .max = kListMax};
}

// Prints --limit of them as a table, or with --json one object a line. The exit code: 1 for none.
//   request  has page_size and page_token.
//   ask      (request) -> StatusOr<page>.
//   items    (page) -> the repeated field of the page.
//   to_row   (item) -> StatusOr<std::vector<Cell>>.
//   none     what to say when there are none.
template <typename Request, typename Ask, typename Items, typename ToRow>
absl::StatusOr<int> PrintList(const Arguments& arguments, Session& session, Request request,
                              Table table, Ask ask, Items items, ToRow to_row,
                              std::string_view none) {
  std::int64_t left = arguments.Integer("--limit");
  bool any = false;
  do {
    request.set_page_size(static_cast<std::int32_t>(std::min(left, kListPageMax)));
    PM_ASSIGN_OR_RETURN(const auto page, ask(request));
    for (const auto& item : items(page)) {
      any = true;
      if (arguments.On("--json")) {
        session.console.out() << JsonLine(item);
        continue;
      }
      PM_ASSIGN_OR_RETURN(std::vector<Cell> row, to_row(item));
      table.AddRow(std::move(row));
    }
    left -= items(page).size();
    // A page without items but with a token would make this endless.
    request.set_page_token(items(page).empty() ? "" : page.next_page_token());
  } while (!request.page_token().empty() && left > 0);
  session.console.out() << table.Text(session.console);
  if (!request.page_token().empty()) session.console.Note("There are more; say --limit N.");
  if (!any) session.console.Note(none);
  return any ? 0 : 1;
}

}  // namespace proofmark::client::cli

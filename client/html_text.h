// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace proofmark::client {

// `text` as it may stand in a page, between tags or within double quotation marks, whoever wrote
// it. Control characters but LF become blanks.
std::string HtmlText(std::string_view text);

}  // namespace proofmark::client

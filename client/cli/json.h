// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace proofmark::client::cli {

// One line: the protobuf JSON form of a message. Names in lowerCamelCase, bytes in base64, 64-bit
// integers as strings; scalar fields are always there, absent messages never.
std::string JsonLine(const google::protobuf::Message& message);

// One line for what has no message: the same manners.
using JsonValue = std::variant<std::string, std::int64_t, bool, double>;
std::string JsonLine(const std::vector<std::pair<std::string, JsonValue>>& fields);

}  // namespace proofmark::client::cli

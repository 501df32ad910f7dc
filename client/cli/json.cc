// SPDX-License-Identifier: Apache-2.0
#include "client/cli/json.h"

#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>

#include "base/check.h"

namespace proofmark::client::cli {
namespace {

// A 64-bit integer is a string in protobuf JSON, since many readers of JSON keep only 53 bits.
nlohmann::ordered_json ToJson(const JsonValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  if (const auto* flag = std::get_if<bool>(&value)) return *flag;
  if (const auto* fraction = std::get_if<double>(&value)) return *fraction;
  return std::get<std::string>(value);
}

}  // namespace

std::string JsonLine(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string text;
  // Fails only for an Any of unknown type, and our messages have none.
  PM_CHECK(google::protobuf::util::MessageToJsonString(message, &text, options).ok());
  return text + '\n';
}

std::string JsonLine(const std::vector<std::pair<std::string, JsonValue>>& fields) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const auto& [name, value] : fields) object[name] = ToJson(value);
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + '\n';
}

}  // namespace proofmark::client::cli

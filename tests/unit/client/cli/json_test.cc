// SPDX-License-Identifier: Apache-2.0
#include "client/cli/json.h"

#include <string>

#include "gtest/gtest.h"
#include "proofmark/v1/audit_service.pb.h"

namespace proofmark::client::cli {
namespace {

// Scripts depend on this form; it never changes without a version.
TEST(JsonTest, MessagesAreInTheProtobufForm) {
  v1::LedgerEntry entry;
  entry.set_index(7);
  entry.set_entry("a\n");
  entry.set_leaf_hash(std::string("\x00\xff", 2));

  EXPECT_EQ(JsonLine(entry), "{\"index\":\"7\",\"entry\":\"YQo=\",\"leafHash\":\"AP8=\"}\n");
}

TEST(JsonTest, ScalarsAreThereEvenWhenZero) {
  EXPECT_EQ(JsonLine(v1::ListCheckpointsRequest()), "{\"afterSize\":\"0\",\"pageSize\":0}\n");
}

TEST(JsonTest, WhatHasNoMessageKeepsTheSameManners) {
  EXPECT_EQ(JsonLine({{"text", std::string("a\"b\n\xff")},
                      {"count", std::int64_t{1} << 60},
                      {"yes", true},
                      {"share", 0.5}}),
            "{\"text\":\"a\\\"b\\n\xEF\xBF\xBD\",\"count\":\"1152921504606846976\",\"yes\":true,"
            "\"share\":0.5}\n");
}

}  // namespace
}  // namespace proofmark::client::cli

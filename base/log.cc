// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <string>

#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

namespace proofmark::base {
namespace {

spdlog::level::level_enum ToSpdlog(LogSeverity severity) {
  switch (severity) {
    case LogSeverity::kDebug:
      return spdlog::level::debug;
    case LogSeverity::kInfo:
      return spdlog::level::info;
    case LogSeverity::kWarning:
      return spdlog::level::warn;
    case LogSeverity::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

spdlog::logger& Logger() {
  // Leaked on purpose: other threads may log while the process ends.
  static spdlog::logger* const logger = [] {
    auto* made = new spdlog::logger("proofmark", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %L %v", spdlog::pattern_time_type::utc);
    made->flush_on(spdlog::level::debug);
    return made;
  }();
  return *logger;
}

}  // namespace

void Log(LogSeverity severity, std::string_view message) {
  std::string clean(message);
  for (char& c : clean) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  Logger().log(ToSpdlog(severity), "{}", clean);
}

void SetLogThreshold(LogSeverity severity) { Logger().set_level(ToSpdlog(severity)); }

}  // namespace proofmark::base

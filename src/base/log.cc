#include "base/log.h"

#include <spdlog/async.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <cstdio>
#include <memory>

namespace sallyport::log {
namespace {

constexpr std::size_t kQueueLines = 8192;

struct State {
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::logger> logger;
};

State& state() {
  static State instance;
  return instance;
}

std::atomic<Level> current_level{Level::off};

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::off:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

void append_string(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", byte);
      out += escape;
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void append_value(std::string& out, const Field& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    append_string(out, *text);
  } else if (const auto* integer = std::get_if<std::int64_t>(&field.value)) {
    out += std::to_string(*integer);
  } else if (const auto* real = std::get_if<double>(&field.value)) {
    char number[40];
    std::snprintf(number, sizeof number, "%.6g", *real);
    out += number;
  } else {
    out += std::get<bool>(field.value) ? "true" : "false";
  }
}

}  // namespace

void start(Level level, const std::string& path) {
  State& s = state();
  s.pool = std::make_shared<spdlog::details::thread_pool>(kQueueLines, 1);
  spdlog::sink_ptr sink;
  if (path.empty()) {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  } else {
    sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
  }
  s.logger = std::make_shared<spdlog::async_logger>("sallyport", sink, s.pool,
                                                    spdlog::async_overflow_policy::overrun_oldest);
  s.logger->set_pattern("%v");
  s.logger->set_level(spdlog::level::trace);
  s.logger->flush_on(spdlog::level::info);
  current_level.store(level, std::memory_order_release);
}

void stop() {
  current_level.store(Level::off, std::memory_order_release);
  State& s = state();
  if (s.logger) s.logger->flush();
  s.logger.reset();
  s.pool.reset();
}

void set_level(Level level) { current_level.store(level, std::memory_order_release); }

void write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (level < current_level.load(std::memory_order_acquire)) return;
  const auto& logger = state().logger;
  if (!logger) return;
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  std::tm utc{};
  gmtime_r(&now.tv_sec, &utc);
  char stamp[32];
  const std::size_t size = std::strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &utc);
  char millis[8];
  std::snprintf(millis, sizeof millis, ".%03dZ", static_cast<int>(now.tv_nsec / 1'000'000 % 1000));
  std::string line = "{\"time\":\"" + std::string(stamp, size) + millis + "\",\"level\":\"";
  line += spdlog::level::to_string_view(to_spdlog(level)).data();
  line += "\",\"event\":";
  append_string(line, event);
  for (const Field& field : fields) {
    line.push_back(',');
    append_string(line, field.name);
    line.push_back(':');
    append_value(line, field);
  }
  line.push_back('}');
  logger->log(to_spdlog(level), line);
}

std::uint64_t dropped_lines() {
  const State& s = state();
  return s.pool ? s.pool->overrun_counter() : 0;
}

}  // namespace sallyport::log

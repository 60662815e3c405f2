#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

// Operational log: one JSON object a line. Never content, never secrets; evidence never goes
// through here. Callable from any thread; a full queue drops the oldest line and counts it, so that
// logging never blocks.
namespace sallyport::log {

enum class Level : std::uint8_t { debug, info, warn, error, off };

struct Field {
  std::string_view name;
  std::variant<std::string_view, std::int64_t, double, bool> value;

  Field(std::string_view n, std::string_view v) : name(n), value(v) {}
  Field(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
  Field(std::string_view n, bool v) : name(n), value(v) {}
  Field(std::string_view n, double v) : name(n), value(v) {}
  template <class Int,
            std::enable_if_t<std::is_integral_v<Int> && !std::is_same_v<Int, bool>, int> = 0>
  Field(std::string_view n, Int v) : name(n), value(static_cast<std::int64_t>(v)) {}
};

// Once, at start. `path` empty = standard error.
void start(Level level, const std::string& path);
// Flushes what is queued. Safe to call twice.
void stop();
void set_level(Level level);

// `event` is a stable snake_case name, the field people search for.
void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});
inline void debug(std::string_view e, std::initializer_list<Field> f = {}) {
  write(Level::debug, e, f);
}
inline void info(std::string_view e, std::initializer_list<Field> f = {}) {
  write(Level::info, e, f);
}
inline void warn(std::string_view e, std::initializer_list<Field> f = {}) {
  write(Level::warn, e, f);
}
inline void error(std::string_view e, std::initializer_list<Field> f = {}) {
  write(Level::error, e, f);
}

// Lines lost because the queue was full, since start.
std::uint64_t dropped_lines();

}  // namespace sallyport::log

#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace sallyport::store {

struct Null {};
// Bytes, as opposed to text: text is valid UTF-8 without NUL, or the statement fails with
// Code::invalid.
struct Blob {
  std::string_view bytes;
};

// A value to bind. Text and blobs are views that need to live for the call.
using Value = std::variant<Null, std::int64_t, double, std::string_view, Blob>;

template <std::integral T>
Value to_value(T number) {
  return static_cast<std::int64_t>(number);
}
inline Value to_value(double number) { return number; }
inline Value to_value(std::string_view text) { return text; }
inline Value to_value(Blob blob) { return blob; }
inline Value to_value(Null null) { return null; }
template <class T>
Value to_value(const std::optional<T>& maybe) {
  return maybe ? to_value(*maybe) : Value(Null{});
}

// One row of a result, valid while it is visited. Columns count from 0. A column read as another
// type than it has gives 0 or "".
class Row {
 public:
  virtual ~Row() = default;
  virtual bool is_null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;
  virtual double real(int column) const = 0;
  virtual std::string_view text(int column) const = 0;
  // Decoded where the database sends an encoding; the view lives until the next blob() of this row.
  virtual std::string_view blob(int column) const = 0;

  std::optional<std::int64_t> maybe_integer(int column) const {
    return is_null(column) ? std::nullopt : std::optional(integer(column));
  }
};

}  // namespace sallyport::store

#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.h"
#include "dialect/api.h"
#include "json/document.h"

// How readers refuse. Every message names the place and the dialect that cannot say it.
namespace sallyport::dialect::cross {

// Where in the request something stands ("messages.3.content.0"), and what it must be said in.
class Place {
 public:
  Place(std::string path, Api target) : path_(std::move(path)), target_(target) {}

  Place at(std::string_view member) const;
  Place at(std::size_t index) const { return at(std::string_view(std::to_string(index))); }
  const std::string& path() const { return path_; }
  Api target() const { return target_; }

  // "<path>: cannot be expressed to an upstream of the <dialect> dialect; <hint>"
  Failure inexpressible(std::string_view hint = "leave it out or choose another model") const;
  // "<path>: <what>"
  Failure wrong(std::string_view what) const;

 private:
  std::string path_;
  Api target_;
};

inline bool given(json::Value value) { return value.exists() && !value.is_null(); }

// Refuses every member of `object` that is given and not in `known`.
Result<void> only(json::Value object, std::initializer_list<std::string_view> known,
                  const Place& place);

// A string member; an absent one is an error.
Result<std::string> text_of(json::Value object, std::string_view key, const Place& place);
// The JSON text of an object, checked; "" reads as {}.
Result<std::string> object_text(std::string_view json, const Place& place);

}  // namespace sallyport::dialect::cross

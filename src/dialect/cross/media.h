#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::dialect::cross {

// data:<media type>;base64,<data>
struct DataUrl {
  std::string media_type;  // lower case
  std::string_view data;
};
// nullopt where `url` is not a data URL in base64.
std::optional<DataUrl> read_data_url(std::string_view url);
std::string make_data_url(std::string_view media_type, std::string_view data);

// What the Messages API takes as an image.
bool is_image_type(std::string_view media_type);

// A tool call's id as the Messages API demands it ([a-zA-Z0-9_-]): the same id always gives the
// same.
std::string plain_id(std::string_view id);

}  // namespace sallyport::dialect::cross

#include "dialect/cross/media.h"

#include "base/encoding.h"

namespace sallyport::dialect::cross {
namespace {

constexpr std::string_view kScheme = "data:";
constexpr std::size_t kMaxMediaTypeBytes = 128;

std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

std::optional<DataUrl> read_data_url(std::string_view url) {
  if (lowered(url.substr(0, kScheme.size())) != kScheme) return std::nullopt;
  url.remove_prefix(kScheme.size());
  const std::size_t comma = url.substr(0, kMaxMediaTypeBytes).find(',');
  if (comma == std::string_view::npos) return std::nullopt;
  const std::string head = lowered(url.substr(0, comma));
  if (!head.ends_with(";base64")) return std::nullopt;
  return DataUrl{head.substr(0, head.find(';')), url.substr(comma + 1)};
}

std::string make_data_url(std::string_view media_type, std::string_view data) {
  std::string url;
  url.reserve(kScheme.size() + media_type.size() + 8 + data.size());
  url += kScheme;
  url += media_type;
  url += ";base64,";
  url += data;
  return url;
}

bool is_image_type(std::string_view media_type) {
  return media_type == "image/jpeg" || media_type == "image/png" || media_type == "image/gif" ||
         media_type == "image/webp";
}

std::string plain_id(std::string_view id) {
  bool plain = !id.empty();
  for (const char c : id) {
    plain &= (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-';
  }
  return plain ? std::string(id) : "call_x" + hex_encode(id);
}

}  // namespace sallyport::dialect::cross

#include <algorithm>

#include "dialect/client_request.h"

namespace sallyport::dialect {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

}  // namespace

Betas Betas::parse(const http::Headers& headers) {
  Betas betas;
  for (const http::Header& header : headers.list()) {
    if (!http::equals_ignore_case(header.name, "anthropic-beta")) continue;
    std::string_view left = header.value;
    while (!left.empty()) {
      const std::size_t comma = left.find(',');
      const std::string_view value = trim(left.substr(0, comma));
      if (!value.empty()) betas.values_.emplace_back(value);
      left = comma == std::string_view::npos ? std::string_view{} : left.substr(comma + 1);
    }
  }
  return betas;
}

bool Betas::has(std::string_view value) const {
  return std::find(values_.begin(), values_.end(), value) != values_.end();
}

bool Betas::has_prefix(std::string_view prefix) const {
  return std::any_of(values_.begin(), values_.end(),
                     [prefix](const std::string& value) { return value.starts_with(prefix); });
}

bool Betas::fallback_list() const {
  return has("server-side-fallback-2026-06-01") || fallback_default();
}

bool Betas::fallback_default() const { return has("server-side-fallback-2026-07-01"); }

bool Betas::credit() const {
  return has("fallback-credit-2026-06-01") || has("fallback-credit-2026-06-09") ||
         has("fallback-credit-2026-07-01") || fallback_list();
}

bool Betas::credit_object() const {
  return has("fallback-credit-2026-07-01") || fallback_default();
}

}  // namespace sallyport::dialect

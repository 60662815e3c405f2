#include "access/key_text.h"

#include <zlib.h>

#include <algorithm>

namespace sallyport::access {
namespace {

constexpr std::string_view kPrefix = "sp-";
constexpr std::size_t kHintSecretChars = 4;

bool is_environment_char(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_base62(char c) { return is_environment_char(c) || (c >= 'A' && c <= 'Z'); }

bool is_environment(std::string_view text) {
  return !text.empty() && text.size() <= kMaxEnvironmentChars &&
         std::all_of(text.begin(), text.end(), is_environment_char);
}

std::string checksum(std::string_view text) {
  static constexpr char kDigits[] =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::uint64_t crc = ::crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size());
  std::string digits(kChecksumChars, '0');
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, crc /= 62) {
    *digit = kDigits[crc % 62];
  }
  return digits;
}

Failure not_a_key() {
  return fail(Code::unauthenticated, "the credential is not a Sallyport key (sp-…)",
              Source::client);
}

}  // namespace

std::string KeyText::hint() const {
  return std::string(kPrefix) + std::string(environment) + "-" +
         std::string(secret.substr(0, kHintSecretChars));
}

Result<std::string> make_key_text(std::string_view environment, Random& random) {
  if (!is_environment(environment)) {
    return fail(Code::invalid, "a key's environment is 1 to 16 characters of a-z and 0-9");
  }
  std::string text = std::string(kPrefix) + std::string(environment) + "-";
  text += (make_id("", random) + make_id("", random)).substr(0, kSecretChars);
  return text + "-" + checksum(text);
}

Result<KeyText> parse_key_text(std::string_view text) {
  if (text.size() > kMaxKeyTextChars || !text.starts_with(kPrefix)) return not_a_key();
  const std::string_view rest = text.substr(kPrefix.size());
  const std::size_t first = rest.find('-');
  if (first == std::string_view::npos) return not_a_key();
  const std::string_view environment = rest.substr(0, first);
  const std::string_view tail = rest.substr(first + 1);
  const std::size_t second = tail.find('-');
  if (second == std::string_view::npos || !is_environment(environment)) return not_a_key();
  const std::string_view secret = tail.substr(0, second);
  const std::string_view sum = tail.substr(second + 1);
  if (secret.size() < kSecretChars || secret.size() > kMaxSecretChars ||
      !std::all_of(secret.begin(), secret.end(), is_base62)) {
    return not_a_key();
  }
  if (sum != checksum(text.substr(0, text.size() - std::min(sum.size() + 1, text.size())))) {
    return fail(Code::unauthenticated, "the key is mistyped or cut: its checksum does not fit",
                Source::client);
  }
  return KeyText{environment, secret};
}

}  // namespace sallyport::access

#include <filesystem>
#include <fstream>

#include "config/document.h"
#include "config/node.h"
#include "config/state.h"

namespace sallyport::config {
namespace {

constexpr std::streamsize kMaxSecretBytes = 64 * 1024;
constexpr char kForms[] =
    "write {env = \"NAME\"} or {file = \"path\"}, so that no secret stands in this file";

void trim_end(std::string& text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r' || text.back() == ' '))
    text.pop_back();
}

}  // namespace

std::string Section::read_secret_file(std::string_view key, const std::string& file) {
  std::filesystem::path path(file);
  if (path.is_relative()) path = std::filesystem::path(state_->file_name).parent_path() / path;
  std::error_code error;
  std::ifstream stream;
  if (std::filesystem::is_regular_file(path, error)) stream.open(path, std::ios::binary);
  std::string text(kMaxSecretBytes + 1, '\0');
  if (stream.is_open()) stream.read(text.data(), kMaxSecretBytes + 1);
  if (!stream.is_open() || stream.bad()) {
    problem(key, "file " + path.string() + " cannot be read",
            "check the path and that this user may read it");
    return {};
  }
  if (stream.gcount() > kMaxSecretBytes) {
    problem(key, "file " + path.string() + " is larger than 64 KiB", "is it the right file?");
    return {};
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  trim_end(text);
  if (text.empty()) problem(key, "file " + path.string() + " is empty", "put the secret into it");
  return text;
}

std::string Section::secret(std::string_view key) {
  Node* node = take(key);
  if (node == nullptr) {
    state_->known_keys.insert(name(key) + ".env");
    state_->known_keys.insert(name(key) + ".file");
    return {};
  }
  if (node->kind != Kind::table) {
    problem(key, "must not be written out", kForms);
    return {};
  }
  Section source(state_, node, name(key));
  const std::string variable = source.string("env");
  const std::string file = source.string("file");
  if (variable.empty() == file.empty()) {
    problem(key, "needs either env or file", kForms);
    return {};
  }
  if (!file.empty()) return read_secret_file(key, file);
  const auto value = state_->environment(variable);
  if (!value || value->empty()) {
    problem(key, "environment variable " + variable + " is not set", "export it before starting");
    return {};
  }
  return *value;
}

std::string Section::required_secret(std::string_view key) {
  if (take(key) != nullptr) return secret(key);
  missing(key);
  return {};
}

}  // namespace sallyport::config

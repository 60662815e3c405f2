#include <cstdint>

#include "config/document.h"

// Any bytes: no crash, and what is read stays in its range.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto document =
      config::Document::parse(text, "fuzz.toml", [](const std::string&) { return std::nullopt; });
  config::Section root = document.root();
  const auto count = root.integer("count", 1, 0, 10);
  if (count < 0 || count > 10) __builtin_trap();
  const Duration wait = root.duration("wait", Duration(1), Duration(0), std::chrono::hours(1));
  if (wait < Duration(0) || wait > std::chrono::hours(1)) __builtin_trap();
  root.string("name");
  root.size_bytes("size", 0, 0, 100);
  root.money_nano_usd("price", 0);
  root.time("day", {});
  root.strings("list");
  root.one_of("mode", {"a", "b"});
  for (config::Section item : root.tables("many")) item.boolean("on", false);
  for (auto& [name, item] : root.named_tables("named")) item.string_or_env("url");
  document.note_unknown_keys();
  for (const config::Problem& problem : document.problems()) {
    if (config::describe("f", problem).empty()) __builtin_trap();
  }
  return 0;
}

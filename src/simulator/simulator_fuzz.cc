#include <cstdint>

#include "simulator/script.h"

// Any body on any of the paths: the script ends or stalls, and says its head first.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport;
  static constexpr std::string_view kPaths[] = {"/v1/messages", "/v1/messages/count_tokens",
                                                "/v1/chat/completions", "/v1/responses"};
  if (size == 0) return 0;
  http::RequestHead head;
  head.method = "POST";
  head.path = kPaths[data[0] % 4];
  head.headers.add("anthropic-beta", "fallback-credit-2026-07-01");
  SeededRandom random(1);
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto script =
      simulator::make_script(head, body, random, wall_from_unix_seconds(1'795'000'000));
  std::size_t bytes = 0;
  while (const auto step = script->next()) {
    if (const auto* piece = std::get_if<std::string>(&step->what)) bytes += piece->size();
    if (std::holds_alternative<simulator::End>(step->what) ||
        std::holds_alternative<simulator::Fault>(step->what))
      break;
    if (bytes > (1u << 20)) break;
  }
  return 0;
}

#include "cli/demo.h"

#include "cli/terminal.h"

namespace sallyport::cli {
namespace {

std::string commands(const std::string& url, const std::string& key) {
  const std::string ask =
      "curl " + url + "/v1/messages -H 'x-api-key: " + key +
      "' -H 'anthropic-version: 2023-06-01' -H 'content-type: application/json'";
  return "An answer:\n\n  " + ask +
         " -d "
         "'{\"model\":\"claude-fable-5-1\",\"max_tokens\":200,\"messages\":[{\"role\":\"user\","
         "\"content\":\"Hello\"}]}'\n\n"
         "A stream whose model refuses in the middle and another goes on:\n\n  " +
         ask +
         " -N -H 'anthropic-beta: server-side-fallback-2026-07-01' -d "
         "'{\"model\":\"claude-fable-5-1\",\"max_tokens\":200,"
         "\"stream\":true,\"fallbacks\":\"default\",\"messages\":[{\"role\":\"user\",\"content\":"
         "\"Hello [[sim: refuse=cyber "
         "refuse_model=claude-fable-5-1 refuse_after=12 pace=40ms]]\"}]}'\n\n"
         "The same gateway for an OpenAI client:\n\n  curl " +
         url +
         "/v1/chat/completions -H 'content-type: application/json' -H 'authorization: Bearer " +
         key +
         "' -d "
         "'{\"model\":\"gpt-5.6\",\"messages\":[{\"role\":\"user\",\"content\":\"Hello\"}]}'\n";
}

}  // namespace

Result<void> greet(Gateway& gateway, const std::string& data_dir) {
  auto key = gateway.backend().create_key("demo", "demo");
  if (!key) return Failure(key.error());
  if (auto done = gateway.reload_keys(); !done) return Failure(done.error());
  const std::string url = gateway.url();
  print("\nSallyport is at " + url + "\nwith the key      " + *key + "\nkeys and usage in " +
        data_dir + "\n\n" + commands(url, *key) + "\nCtrl-C ends it.\n\n");
  return {};
}

}  // namespace sallyport::cli

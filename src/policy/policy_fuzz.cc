#include "policy/policy.h"

// Any text as a policy, as TOML and as JSON, and as a principal: an error or a value, and a value's
// canonical directives read back to the same hash.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sallyport::policy;
  const std::string text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(read_principal(text));
  for (const char* name : {"f.json", "f.toml"}) {
    const auto read = read_policy({{name, text}});
    if (!read) continue;
    Policy again = *read;
    for (Directive& directive : again.directives) {
      const std::string written = canonical(directive);  // the document points into it
      const auto document = sallyport::json::Document::parse(written);
      if (!document) __builtin_trap();
      Problems problems;
      Reader reader(document->root(), "", problems);
      Directive copy;
      read_directive(reader, copy);
      if (!problems.empty() || canonical(copy) != written) __builtin_trap();
    }
  }
  return 0;
}

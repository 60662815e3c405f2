#include <cstdint>
#include <string_view>

#include "vault/day_store.h"
#include "vault/record.h"

// What lies on disk and can be read without a key; the first byte picks which.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace vault = sallyport::vault;
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      if (const auto record = vault::parse_record(input)) {
        if (record->associated.size() + record->sealed.size() + 4 != input.size()) __builtin_trap();
      }
      break;
    case 1:
      if (const auto slot = vault::Slot::parse(input)) {
        if (slot->bytes() != input) __builtin_trap();
      }
      break;
    case 2:
      if (const auto id = vault::RecordId::parse(input)) {
        if (*vault::RecordId::parse(id->text()) != *id) __builtin_trap();
      }
      break;
    default:
      if (const auto summary = vault::DaySummary::parse(input)) {
        if (summary->bytes() != input) __builtin_trap();
      }
  }
  return 0;
}

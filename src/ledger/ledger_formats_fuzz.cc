#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "ledger/proof.h"
#include "ledger/tile.h"

// Everything that reads text of the log's formats; the first byte picks which. What parses must
// come back unchanged.
namespace ledger = sallyport::ledger;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 7) {
    case 0:
      if (const auto note = ledger::Note::parse(input)) require(note->serialise() == input);
      break;
    case 1:
      if (const auto key = ledger::VerifierKey::parse(input)) {
        require(*ledger::VerifierKey::parse(key->text()) == *key);
      }
      break;
    case 2:
      if (const auto proof = ledger::TlogProof::parse(input)) {
        require(ledger::TlogProof::parse(proof->text())->text() == proof->text());
      }
      break;
    case 3:
      if (const auto tile = ledger::parse_tile_path(input))
        require(ledger::tile_path(*tile) == input);
      break;
    case 4:
      if (const auto checkpoint = ledger::Checkpoint::parse(input))
        require(input.starts_with(checkpoint->text()));
      break;
    case 5:
      if (const auto line = ledger::parse_signature_line(input)) {
        require(ledger::parse_signature_line(ledger::signature_line(*line))->bytes == line->bytes);
      }
      break;
    default:
      if (const auto entries = ledger::parse_bundle(input, data[0] / 7 + 1u)) {
        std::string again;
        for (const std::string_view entry : *entries) ledger::append_to_bundle(again, entry);
        require(again == input);
      }
  }
  return 0;
}

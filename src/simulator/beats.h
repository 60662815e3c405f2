#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "simulator/answer.h"
#include "simulator/directive.h"

namespace sallyport::simulator {

enum class BeatKind : std::uint8_t { start, block_start, delta, block_stop, finish, broken, error };

// One event of a streamed answer, whatever the dialect.
struct Beat {
  BeatKind kind = BeatKind::start;
  std::size_t block = 0;
  std::string_view piece;  // delta: one token, a view into the answer
};

// Walks an answer beat by beat, so that no stream is ever held as a whole. The answer must outlive
// it.
class Beats {
 public:
  Beats(const Answer& answer, const Directive& directive)
      : answer_(answer), directive_(directive) {}
  std::optional<Beat> next();

 private:
  enum class At : std::uint8_t { start, between, inside, ended };
  const Answer& answer_;
  const Directive& directive_;
  At at_ = At::start;
  std::size_t block_ = 0;
  std::size_t offset_ = 0;
  std::uint32_t tokens_ = 0;
  bool broke_ = false;
};

}  // namespace sallyport::simulator

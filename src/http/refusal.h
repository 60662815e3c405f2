#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace sallyport::http {

// How far an incremental reader is.
enum class Progress : std::uint8_t { need_more, complete, failed };

// Why a message was refused. `status` is what to answer a client: 400, 413, 414, 417, 431, 501 or
// 505; after it the connection must close, since where the next message starts is unknown. `detail`
// is a constant, never content.
struct Refusal {
  int status = 0;
  std::string_view detail;
  explicit operator bool() const { return status != 0; }
};

// Of a client's message: malformed, too_large or invalid, by status. Of an upstream's: protocol, or
// too_large.
Error to_error(const Refusal& refusal, Source source);

}  // namespace sallyport::http

#pragma once

#include <string>
#include <string_view>

namespace sallyport::simulator {

// For answers that a well-behaved upstream would not send when asked for identity.
std::string gzip(std::string_view bytes);

}  // namespace sallyport::simulator

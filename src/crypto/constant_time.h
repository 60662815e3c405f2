#pragma once

#include <string_view>

namespace sallyport::crypto {

// Equality whose time depends on the lengths only, never on where the bytes differ.
bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace sallyport::crypto

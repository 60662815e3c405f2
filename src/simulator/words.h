#pragma once

#include <cstdint>
#include <string>
#include <string_view>

// Invented text and how it is cut into tokens. A token is a word with the white space before it, or
// eight bytes of a longer word; never half a UTF-8 sequence.
namespace sallyport::simulator {

// The size in bytes of the token that begins at `text`; 0 at its end.
std::size_t token_size(std::string_view text);
std::uint32_t count_tokens(std::string_view text);
// The first `tokens` tokens.
std::string_view first_tokens(std::string_view text, std::uint32_t tokens);

// `count` words, the same for the same seed.
std::string invent_words(std::uint64_t seed, std::uint32_t count);
std::uint64_t seed_of(std::string_view text);

}  // namespace sallyport::simulator

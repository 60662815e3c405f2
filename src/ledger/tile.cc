#include "ledger/tile.h"

#include <array>
#include <charconv>
#include <cstring>

namespace sallyport::ledger {
namespace {

// A decimal number without leading zeros, all of `text`.
bool parse_decimal(std::string_view text, std::uint64_t& value) {
  if (text.empty() || text.size() > 20 || (text.size() > 1 && text[0] == '0')) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && text[0] != '-';
}

// Three digits, a value below 1000.
bool parse_group(std::string_view text, std::uint64_t& value) {
  if (text.size() != 3) return false;
  value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return true;
}

void append_group(std::string& out, std::uint64_t value) {
  out.push_back(static_cast<char>('0' + value / 100));
  out.push_back(static_cast<char>('0' + value / 10 % 10));
  out.push_back(static_cast<char>('0' + value % 10));
}

// "x001/x234/067" -> 1234067.
bool parse_index(std::string_view text, std::uint64_t& index) {
  index = 0;
  bool first = true;
  for (;;) {
    const std::size_t slash = text.find('/');
    std::string_view part = text.substr(0, slash);
    const bool last = slash == std::string_view::npos;
    if (!last) {
      if (!part.starts_with('x')) return false;
      part.remove_prefix(1);
    }
    std::uint64_t group = 0;
    if (!parse_group(part, group)) return false;
    if (first && !last && group == 0) return false;  // a leading group of zeros is not written
    if (index > (UINT64_MAX - group) / 1000) return false;
    index = index * 1000 + group;
    if (last) return true;
    text.remove_prefix(slash + 1);
    first = false;
  }
}

}  // namespace

std::string tile_path(const Tile& tile) {
  std::string path = "tile/";
  path += tile.entries ? "entries" : std::to_string(tile.level);
  std::array<std::uint64_t, 7> groups{};
  std::size_t count = 0;
  for (std::uint64_t left = tile.index; count == 0 || left != 0; left /= 1000)
    groups[count++] = left % 1000;
  while (count-- > 0) {
    path += count == 0 ? "/" : "/x";
    append_group(path, groups[count]);
  }
  if (tile.width < kTileWidth) path += ".p/" + std::to_string(tile.width);
  return path;
}

Result<Tile> parse_tile_path(std::string_view path) {
  const Failure wrong =
      fail(Code::malformed, "a tile path has the form tile/<level>/<index>[.p/<width>]");
  Tile tile;
  if (!path.starts_with("tile/")) return wrong;
  path.remove_prefix(5);
  const std::size_t slash = path.find('/');
  if (slash == std::string_view::npos) return wrong;
  const std::string_view level = path.substr(0, slash);
  path.remove_prefix(slash + 1);
  std::uint64_t number = 0;
  if (level == "entries") {
    tile.entries = true;
  } else {
    if (!parse_decimal(level, number) || number > 63) return wrong;
    tile.level = static_cast<int>(number);
  }
  const std::size_t partial = path.find(".p/");
  if (partial != std::string_view::npos) {
    if (!parse_decimal(path.substr(partial + 3), number) || number < 1 || number >= kTileWidth)
      return wrong;
    tile.width = static_cast<unsigned>(number);
    path = path.substr(0, partial);
  }
  if (!parse_index(path, tile.index)) return wrong;
  return tile;
}

unsigned tile_width(std::uint64_t size, int level, std::uint64_t index) {
  const int shift = level * kTileHeight;
  const std::uint64_t hashes = shift < 64 ? size >> shift : 0;
  const std::uint64_t tiles = hashes / kTileWidth;
  if (index < tiles) return kTileWidth;
  return index == tiles ? static_cast<unsigned>(hashes % kTileWidth) : 0;
}

int tile_levels(std::uint64_t size) {
  int levels = 0;
  for (; size != 0; size >>= kTileHeight) ++levels;
  return levels;
}

void append_to_bundle(std::string& bundle, std::string_view entry) {
  bundle.push_back(static_cast<char>(entry.size() >> 8));
  bundle.push_back(static_cast<char>(entry.size() & 0xff));
  bundle.append(entry);
}

Result<std::vector<std::string_view>> parse_bundle(std::string_view bundle, unsigned width) {
  std::vector<std::string_view> entries;
  entries.reserve(width);
  while (!bundle.empty()) {
    if (entries.size() == width)
      return fail(Code::malformed, "an entry bundle holds more entries than its width");
    if (bundle.size() < 2) return fail(Code::malformed, "an entry bundle ends within a length");
    const std::size_t size = static_cast<std::size_t>(static_cast<unsigned char>(bundle[0])) << 8 |
                             static_cast<unsigned char>(bundle[1]);
    bundle.remove_prefix(2);
    if (bundle.size() < size) return fail(Code::malformed, "an entry bundle ends within an entry");
    entries.push_back(bundle.substr(0, size));
    bundle.remove_prefix(size);
  }
  if (entries.size() != width)
    return fail(Code::malformed, "an entry bundle holds fewer entries than its width");
  return entries;
}

Result<std::vector<MerkleHash>> parse_hashes(std::string_view bytes, unsigned width) {
  if (bytes.size() != width * crypto::kSha256Bytes) {
    return fail(Code::malformed, "a hash tile has another size than its width demands");
  }
  std::vector<MerkleHash> hashes(width);
  if (width != 0) std::memcpy(hashes.data(), bytes.data(), bytes.size());
  return hashes;
}

}  // namespace sallyport::ledger

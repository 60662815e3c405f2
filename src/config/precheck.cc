#include "config/precheck.h"

namespace sallyport::config {
namespace {

constexpr int kMaxBrackets = 16;
constexpr int kMaxDots = 16;

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  std::optional<Problem> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        skip_string(c);
        continue;
      }
      ++at_;
      if (static_cast<unsigned char>(c) >= 0x80 &&
          !(at_ <= 3 && text_.starts_with("\xEF\xBB\xBF"))) {
        return Problem{line_, 1, "a character beyond ASCII stands outside of quotes",
                       "put the text in quotes"};
      }
      if (!count(c)) {
        return Problem{line_, 1, "nested too deeply", "no setting lies deeper than a few tables"};
      }
    }
    return std::nullopt;
  }

 private:
  bool count(char c) {
    switch (c) {
      case '\n':
        ++line_;
        dots_ = 0;
        return true;
      case '#':
        at_ = std::min(text_.find('\n', at_), text_.size());
        return true;
      case '=':
      case ',':
        dots_ = 0;
        return true;
      case '.':
        return ++dots_ <= kMaxDots;
      case '[':
      case '{':
        dots_ = 0;
        return ++brackets_ <= kMaxBrackets;
      case ']':
      case '}':
        if (brackets_ > 0) --brackets_;
        return true;
      default:
        return true;
    }
  }

  void skip_string(char quote) {
    const std::string_view triple = quote == '"' ? "\"\"\"" : "'''";
    const bool multi = text_.substr(at_).starts_with(triple);
    at_ += multi ? 3 : 1;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n') {
        if (!multi) return;  // an open string: the parser will say so
        ++line_;
      }
      if (c == '\\' && quote == '"') {
        at_ += 1;
        if (at_ < text_.size() && text_[at_] == '\n') ++line_;
        ++at_;
        continue;
      }
      if (c == quote && (!multi || text_.substr(at_).starts_with(triple))) {
        at_ += multi ? 3 : 1;
        // Up to two more quotes belong to the content of a multi-line string.
        for (int extra = 0; multi && extra < 2 && at_ < text_.size() && text_[at_] == quote;
             ++extra)
          ++at_;
        return;
      }
      ++at_;
    }
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int line_ = 1;
  int brackets_ = 0;
  int dots_ = 0;
};

}  // namespace

std::optional<Problem> refuse_unparsed(std::string_view text) { return Scanner(text).run(); }

}  // namespace sallyport::config

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// Strict admission of JSON and the view of what was admitted, in one walk over the bytes.
//
// What parse() accepts has exactly one reading: valid UTF-8, no duplicate key in any object after
// unescaping, no lone surrogate, no control character in a string, bounded depth, nothing after the
// value. So what we judge is what the model's server reads, whichever parser it uses. Every value
// knows its byte span in the source, which is what edits by splice need.
//
// Source: RFC 8259; I-JSON (RFC 7493) for uniqueness. Thread: a Document is immutable after
// parse().
namespace sallyport::json {

enum class Type : std::uint8_t { null, boolean, number, string, array, object };

struct Limits {
  std::size_t max_bytes = 32u << 20;
  std::size_t max_depth = 64;
  std::size_t max_values = 2'000'000;  // values and keys together
  std::size_t max_number_bytes = 64;   // at most 256
};

// Half-open byte range of the source.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const Span&) const = default;
};

class Document;
class Items;
class Members;

// A handle into a Document; cheap to copy, valid as long as the Document stays where it is and its
// source lives. A handle may be absent (a lookup that found nothing); an absent value answers every
// question with no.
class Value {
 public:
  Value() = default;

  bool exists() const { return document_ != nullptr; }
  explicit operator bool() const { return exists(); }
  Type type() const;  // of an absent value: null
  bool is(Type type) const { return exists() && this->type() == type; }
  bool is_string() const { return is(Type::string); }
  bool is_object() const { return is(Type::object); }
  bool is_array() const { return is(Type::array); }
  bool is_null() const { return is(Type::null); }

  // Byte range in the source, without surrounding white space; of a string, with its quotes.
  Span span() const;
  std::string_view raw() const;

  // Strings. text() unescapes; equals() compares without allocating where there is no escape.
  bool has_escape() const;
  std::string text() const;
  // Appends the unescaped text to `out`.
  void append_text(std::string& out) const;
  bool equals(std::string_view text) const;

  std::optional<bool> boolean() const;
  // Only a number that is an integer in range, written without fraction or exponent.
  std::optional<std::int64_t> integer() const;
  std::optional<double> number() const;

  // Members and items; 0 and absent for other types. Lookup by unescaped key, linear in the number
  // of members.
  std::size_t size() const;
  Value operator[](std::string_view key) const;
  Value at(std::size_t index) const;  // linear
  Items items() const;
  Members members() const;

 private:
  friend class Document;
  friend class Items;
  friend class Members;
  Value(const Document* document, std::uint32_t node) : document_(document), node_(node) {}

  const Document* document_ = nullptr;
  std::uint32_t node_ = 0;
};

struct Member {
  Value key;  // a string value; key.text() is the unescaped name
  Value value;
};

class Document {
 public:
  Document() = default;
  // `source` is not copied and must outlive the Document. Errors: malformed, or too_large where a
  // limit was hit; they name the byte offset, never the content.
  static Result<Document> parse(std::string_view source, const Limits& limits = {});
  // The same into an existing Document, whose memory is used again: for one document after another.
  // After a failure the Document is empty and its root absent.
  Result<void> reparse(std::string_view source, const Limits& limits = {});

  Value root() const;
  std::string_view source() const { return source_; }
  // Points the document at an equal copy of its source, for when the owner of the bytes moved.
  void rebase(std::string_view same_bytes) { source_ = same_bytes; }

 private:
  friend class Value;
  friend class Items;
  friend class Members;
  struct Node {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint32_t next = 0;   // index of the node after this subtree
    std::uint32_t count = 0;  // items, or members
    Type type = Type::null;
    bool escaped = false;
  };
  friend class Walk;
  friend class KeyCheck;

  std::string_view source_;
  std::vector<Node> nodes_;  // in source order; of an object: key, value, key, value, …
  std::vector<std::uint64_t> key_slots_;  // memory of the duplicate check, kept for reuse
};

// for (const Value item : array.items())
class Items {
 public:
  class Iterator {
   public:
    Value operator*() const { return {document_, node_}; }
    Iterator& operator++();
    bool operator!=(const Iterator& other) const { return left_ != other.left_; }

   private:
    friend class Items;
    const Document* document_ = nullptr;
    std::uint32_t node_ = 0;
    std::uint32_t left_ = 0;
  };
  Iterator begin() const;
  Iterator end() const { return {}; }

 private:
  friend class Value;
  Value array_;
};

// for (const Member member : object.members())
class Members {
 public:
  class Iterator {
   public:
    Member operator*() const;
    Iterator& operator++();
    bool operator!=(const Iterator& other) const { return left_ != other.left_; }

   private:
    friend class Members;
    const Document* document_ = nullptr;
    std::uint32_t node_ = 0;
    std::uint32_t left_ = 0;
  };
  Iterator begin() const;
  Iterator end() const { return {}; }

 private:
  friend class Value;
  Value object_;
};

}  // namespace sallyport::json

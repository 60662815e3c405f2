#pragma once

#include <functional>
#include <string>
#include <vector>

#include "dialect/openai/responses_object.h"
#include "json/document.h"
#include "json/writer.h"

namespace sallyport::dialect::openai {

// The state of one streamed Responses answer on the client's side: which items are open, what they
// said, which are done, and the next sequence number. It writes events of its own, and follows
// those of an upstream that are relayed, so that the one can take over from the other at any point.
class ResponsesScribe {
 public:
  ResponseHead head;

  bool started() const { return started_; }
  // response.created and response.in_progress.
  void start(std::string& out);
  // One block is one item: a message, reasoning, or a call.
  void open(const Event& block_start, std::string& out);
  void add(int block, std::string_view text, std::string& out);
  void close(int block, std::string& out);
  void close_all(std::string_view status, std::string& out);
  // A refusal part in the message that is open, or in one of its own.
  void refuse(std::string_view text, std::string& out);
  // The terminal event.
  void end(const Finish& finish, std::string_view extension, std::string& out);
  void error(const PublicError& error, std::string& out);

  // An upstream's event that is being relayed, as the client sees it.
  void follow(json::Value event);
  // A block_start that came with the event followed last.
  void follow_block(int block);
  void follow_text(int block, std::string_view text);

  std::int64_t take_sequence() { return sequence_++; }
  // Items begun so far, which is the output_index of the next.
  std::int64_t item_count() const { return static_cast<std::int64_t>(done_.size()); }
  // The items that are done, in order.
  std::vector<std::string> output() const;
  bool has_text() const { return has_text_; }

 private:
  enum class Kind : std::uint8_t { message, reasoning, call, other };
  struct Item {
    std::size_t output_index = 0;
    int block = -1;
    Kind kind = Kind::message;
    std::string id;
    std::string call_id;
    std::string name;
    std::vector<std::string> parts;  // done
    bool part_open = false;
    bool text_told = false;  // the event that repeats the whole text went out already
    BlockType part = BlockType::text;
    std::string text;  // of the open part, or the arguments
    std::string raw;   // of an upstream's item of another kind, as it was announced
  };

  void emit(std::string_view type, const std::function<void(json::Writer&)>& members,
            std::string& out);
  void place(json::Writer& w, const Item& item) const;
  Item& add_item(Kind kind, std::string_view prefix);
  std::string item_json(const Item& item, std::string_view status) const;
  void open_part(Item& item, BlockType type, std::string& out);
  void close_part(Item& item, std::string& out);
  void close_item(Item& item, std::string_view status, std::string& out);
  Item* find(int block);
  Item* at(json::Value output_index);
  void follow_item(json::Value event);

  bool started_ = false;
  bool has_text_ = false;
  std::int64_t sequence_ = 0;
  std::vector<Item> open_;
  std::vector<std::string> done_;  // by output_index; empty where still open
};

}  // namespace sallyport::dialect::openai

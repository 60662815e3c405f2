#pragma once

#include <string>
#include <vector>

#include "dialect/parts.h"
#include "json/document.h"

namespace sallyport::dialect::anthropic {

// A Messages stream. Events of a Messages upstream go out as received, with at most their index,
// model or end spliced; events of another dialect are written anew. Blocks are numbered densely, in
// the order in which they begin.
//
// A Messages stream has one block open at a time. Where an upstream has several tool calls open
// side by side, the later ones wait until the one before them has ended.
//
// A refusal part of an OpenAI answer is no content here: it becomes the explanation of the refusal,
// or a text block at the end where the answer does not end as a refusal.
class StreamWriter final : public ResponseWriter {
 public:
  explicit StreamWriter(const WriterOptions& options) : options_(options) {}

  void serving(const std::string& model, Api upstream) override;
  void relay(const Event& event, std::string& out) override;
  void hop(const Hop& hop, std::string& out) override;
  void finish(const Event* last, const Finish& finish, std::string& out) override;
  void fail(const PublicError& error, std::string& out) override;
  void ping(std::string& out) override;
  std::optional<BlockType> open_block() const override;

 private:
  struct OpenBlock {
    int upstream_index = 0;
    int client_index = 0;
    BlockType type = BlockType::other;
  };
  struct WaitingBlock {
    Event start;
    std::string text;
    bool stopped = false;
  };

  bool same_dialect() const { return upstream_ == Api::anthropic; }
  // The event's JSON as a document, where it is of this dialect; otherwise an absent value.
  json::Value read_json(const Event& event);

  void relay_message_start(const Event& event, std::string& out);
  void relay_block_start(const Event& event, std::string& out);
  void relay_block_delta(const Event& event, std::string& out);
  void relay_block_stop(const Event& event, std::string& out);
  void relay_message_delta(const Event& event, std::string& out);
  void relay_message_stop(const Event& event, std::string& out);
  void relay_error(const Event& event, std::string& out);
  void relay_opaque(const Event& event, std::string& out);
  void relay_indexed(const Event& event, std::string_view name, std::string& out);

  void make_message_start(const Event* told, const Usage& usage, std::string& out);
  void begin(std::string& out, const Usage& usage);
  void write_pending_hops(std::string& out);
  void write_whole_block(std::string_view block_json, std::string& out);
  void begin_block(const Event& event, std::string& out);
  void close_block(std::string& out);
  void close_all(std::string& out);
  void wait(const Event& event, std::string& out);
  void write_waiting(std::string& out);
  void write_refusal_as_text(std::string& out);
  void write_end(const Finish& finish, std::string& out);
  Finish with_refusal(Finish finish, std::string& out);

  WriterOptions options_;
  std::string serving_;
  Api upstream_ = Api::anthropic;
  bool started_ = false;
  bool done_ = false;
  bool hopped_ = false;
  int next_index_ = 0;
  std::optional<OpenBlock> open_;
  std::vector<WaitingBlock> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::string refusal_;                    // text of an upstream's refusal parts
  std::vector<std::string> pending_hops_;  // fallback blocks due behind message_start
  json::Document document_;
};

}  // namespace sallyport::dialect::anthropic

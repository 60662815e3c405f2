#pragma once

#include <string>
#include <vector>

#include "dialect/anthropic/wire.h"
#include "dialect/parts.h"
#include "json/document.h"
#include "json/writer.h"

namespace sallyport::dialect::anthropic {

// A message that is not streamed. The body of a Messages upstream goes out as received, or with the
// gateway's members spliced in; of another dialect's events a body is built.
class BodyWriter final : public ResponseWriter {
 public:
  explicit BodyWriter(const WriterOptions& options) : options_(options) {}

  void serving(const std::string& model, Api upstream) override;
  void relay(const Event& event, std::string& out) override;
  void hop(const Hop& hop, std::string& out) override;
  void finish(const Event* last, const Finish& finish, std::string& out) override;
  void fail(const PublicError& error, std::string& out) override;
  void ping(std::string&) override {}
  std::optional<BlockType> open_block() const override;

 private:
  struct Block {
    Event start;             // its views are dropped
    std::string start_json;  // block_json, kept
    BlockText text;
    bool stopped = false;
  };

  void collect(const Event& event);
  void collect_delta(const Event& event);
  // The upstream's body as a document, where `event` has it in this dialect; else absent.
  json::Value read_body(const Event* event);
  void splice_body(json::Value body, std::string_view source, const Finish* finish,
                   std::string& out);
  void write_body(Finish finish, std::string& out);
  void write_content(const Finish& finish, json::Writer& w);
  const std::string& model_name() const;

  WriterOptions options_;
  std::string serving_;
  Api upstream_ = Api::anthropic;
  bool done_ = false;
  std::vector<std::string> hops_;  // fallback blocks, where shown

  // Of the attempt that serves.
  std::string id_;
  std::vector<Block> blocks_;
  std::string refusal_;
  Finish told_;
  json::Document document_;
};

}  // namespace sallyport::dialect::anthropic

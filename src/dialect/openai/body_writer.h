#pragma once

#include <optional>
#include <string>
#include <vector>

#include "dialect/openai/collected.h"
#include "dialect/openai/extension.h"

namespace sallyport::dialect::openai {

// What the bodies of both OpenAI APIs have in common: from an upstream of the same API the body
// goes on as it came, edited only where the model's name, a hop or a refusal demands it; from any
// other it is made.
class BodyWriter : public ResponseWriter {
 public:
  BodyWriter(const WriterOptions& options, Api own) : options_(options), own_(own) {}

  void serving(const std::string& model, Api upstream) override {
    model_ = model;
    same_ = upstream == own_;
  }
  void relay(const Event& event, std::string& out) override;
  void hop(const Hop& hop, std::string& out) override;
  void finish(const Event* last, const Finish& finish, std::string& out) override;
  // Nothing was written yet, so the error is the answer.
  void fail(const PublicError& error, std::string& out) override {
    out += error_body(own_, error, "");
  }
  void ping(std::string&) override {}
  std::optional<BlockType> open_block() const override { return std::nullopt; }

 protected:
  // The upstream's body says itself that it is a refusal.
  virtual bool is_refusal(json::Value body) const = 0;
  virtual std::string make_body(const Finish& finish) const = 0;

  const WriterOptions& options() const { return options_; }
  const std::string& model() const { return model_; }
  const Collected& collected() const { return collected_; }
  std::string extension(const Finish& finish) const {
    return needs_extension(finish) ? extension_json(finish, options_.requested_model) : "";
  }

 private:
  void write(std::string_view body, const Finish& finish, std::string& out);

  WriterOptions options_;
  Api own_;
  std::string model_;
  bool same_ = true;
  Collected collected_;
  std::vector<Hop> hops_;
};

}  // namespace sallyport::dialect::openai

#pragma once

#include <memory>
#include <string>

#include "dialect/api.h"
#include "simulator/answer.h"
#include "simulator/beats.h"

namespace sallyport::simulator {

// Writes an answer in one dialect. One object per answer; the answer must outlive it.
class Renderer {
 public:
  virtual ~Renderer() = default;
  // Appends the bytes of one beat of a stream.
  virtual void beat(const Beat& beat, std::string& out) = 0;
  // The whole body of an answer that is not streamed.
  virtual std::string whole() = 0;
};

std::unique_ptr<Renderer> make_messages_renderer(const Ask& ask, const Answer& answer);
std::unique_ptr<Renderer> make_chat_renderer(const Ask& ask, const Answer& answer);
std::unique_ptr<Renderer> make_responses_renderer(const Ask& ask, const Answer& answer);
std::unique_ptr<Renderer> make_renderer(const Ask& ask, const Answer& answer);

// An error body in the dialect's shape.
std::string render_error(dialect::Api api, int status, const std::string& message,
                         const std::string& request_id);
// The Messages API's error type for a status; OpenAI's own is derived from it.
std::string_view error_type(dialect::Api api, int status);
std::string render_models(dialect::Api api);

}  // namespace sallyport::simulator

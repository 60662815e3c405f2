#include <gtest/gtest.h>

#include "dialect/upstream_request.h"

namespace sallyport::dialect::cross {
namespace {

std::unique_ptr<ClientRequest> decoded(Api api, std::string body) {
  http::Headers headers;
  headers.add("anthropic-version", "2023-06-01");
  auto request = decode_request(api, Operation::create, std::move(body), headers);
  EXPECT_TRUE(request) << (request ? "" : request.error().detail);
  return request ? std::move(*request) : nullptr;
}

UpstreamAsk ask_of(Api upstream) {
  UpstreamAsk ask;
  ask.api = upstream;
  ask.model = "up-1";
  return ask;
}

// The body for the upstream, or "client: <detail>" of the error.
std::string sent(Api client, const std::string& body, const UpstreamAsk& ask) {
  const auto request = decoded(client, body);
  if (!request) return "not decoded";
  const auto made = encode_for_upstream(*request, ask);
  if (made) return made->body;
  return std::string(to_string(made.error().source)) + ": " + made.error().detail;
}

std::string sent(Api client, const std::string& body, Api upstream) {
  return sent(client, body, ask_of(upstream));
}

std::string anthropic_with(const std::string& members) {
  return R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}],)" + members +
         "}";
}
std::string chat_with(const std::string& members) {
  return R"({"model":"m","messages":[{"role":"user","content":"Hi"}],)" + members + "}";
}
std::string responses_with(const std::string& members) {
  return R"({"model":"m","input":"Hi",)" + members + "}";
}

constexpr std::string_view kRichAnthropic =
    R"({"model":"m","max_tokens":100,"stream":true,"temperature":0.5,"top_p":0.9,"stop_sequences":["END"],)"
    R"("system":[{"type":"text","text":"Be kind.","cache_control":{"type":"ephemeral"}},{"type":"text","text":"Be brief."}],)"
    R"("metadata":{"user_id":"u1"},"thinking":{"type":"enabled","budget_tokens":8000},)"
    R"("tools":[{"name":"look","description":"Looks.","input_schema":{"type":"object","properties":{"city":{"type":"string"}}}}],)"
    R"("tool_choice":{"type":"any","disable_parallel_tool_use":true},)"
    R"("messages":[{"role":"user","content":[{"type":"text","text":"See"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},)"
    R"({"type":"image","source":{"type":"url","url":"https://e.example/x.png"}}]},)"
    R"({"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"Looking."},)"
    R"({"type":"tool_use","id":"toolu_1","name":"look","input":{"city":"Oslo"}},{"type":"tool_use","id":"toolu_2","name":"look","input":{}}]},)"
    R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"Sunny"},)"
    R"({"type":"tool_result","tool_use_id":"toolu_2","is_error":true,"content":[{"type":"text","text":"no city"}]},{"type":"text","text":"Go on"}]}]})";

TEST(Translate, AnthropicToChat) {
  EXPECT_EQ(
      sent(Api::anthropic, std::string(kRichAnthropic), Api::openai_chat),
      R"({"model":"up-1","messages":[{"role":"system","content":"Be kind.\n\nBe brief."},)"
      R"({"role":"user","content":[{"type":"text","text":"See"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}},)"
      R"({"type":"image_url","image_url":{"url":"https://e.example/x.png"}}]},)"
      R"({"role":"assistant","content":"Looking.","tool_calls":[{"id":"toolu_1","type":"function","function":{"name":"look","arguments":"{\"city\":\"Oslo\"}"}},)"
      R"({"id":"toolu_2","type":"function","function":{"name":"look","arguments":"{}"}}]},)"
      R"({"role":"tool","tool_call_id":"toolu_1","content":"Sunny"},{"role":"tool","tool_call_id":"toolu_2","content":"Error: no city"},)"
      R"({"role":"user","content":"Go on"}],)"
      R"("tools":[{"type":"function","function":{"name":"look","description":"Looks.","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}}],)"
      R"("tool_choice":"required","parallel_tool_calls":false,"max_completion_tokens":100,"temperature":0.5,"top_p":0.9,"stop":["END"],)"
      R"("reasoning_effort":"medium","user":"u1","stream":true,"stream_options":{"include_usage":true}})");
}

TEST(Translate, ChatToAnthropic) {
  const std::string body =
      R"({"model":"m","max_completion_tokens":50,"stream":true,"stream_options":{"include_usage":true},"stop":"END","user":"u","n":1,)"
      R"("reasoning_effort":"high","parallel_tool_calls":false,"prompt_cache_key":"k",)"
      R"("response_format":{"type":"json_schema","json_schema":{"name":"r","strict":true,"schema":{"type":"object"}}},)"
      R"("tools":[{"type":"function","function":{"name":"f","parameters":{"properties":{}},"strict":true}},{"type":"function","function":{"name":"g"}}],)"
      R"("tool_choice":{"type":"function","function":{"name":"f"}},)"
      R"("messages":[{"role":"system","content":"S"},{"role":"developer","content":[{"type":"text","text":"D"}]},)"
      R"({"role":"user","content":[{"type":"text","text":"See"},{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA","detail":"low"}}]},)"
      R"({"role":"assistant","content":null,"refusal":null,"tool_calls":[{"id":"call.1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},)"
      R"({"role":"tool","tool_call_id":"call.1","content":"R"},{"role":"user","content":"And?"}]})";
  EXPECT_EQ(
      sent(Api::openai_chat, body, Api::anthropic),
      R"({"model":"up-1","max_tokens":50,"system":[{"type":"text","text":"S"},{"type":"text","text":"D"}],)"
      R"("messages":[{"role":"user","content":[{"type":"text","text":"See"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]},)"
      R"({"role":"assistant","content":[{"type":"tool_use","id":"call_x63616c6c2e31","name":"f","input":{"a":1}}]},)"
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"call_x63616c6c2e31","content":[{"type":"text","text":"R"}]},{"type":"text","text":"And?"}]}],)"
      R"("tools":[{"name":"f","input_schema":{"type":"object","properties":{}},"strict":true},{"name":"g","input_schema":{"type":"object","properties":{}}}],)"
      R"("tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true},)"
      R"("output_config":{"effort":"high","format":{"type":"json_schema","schema":{"type":"object"}}},)"
      R"("stop_sequences":["END"],"metadata":{"user_id":"u"},"stream":true})");
}

TEST(Translate, ResponsesToAnthropicAndChat) {
  const std::string body =
      R"({"model":"m","instructions":"I","store":false,"include":["reasoning.encrypted_content"],"reasoning":{"effort":"none","summary":"auto"},)"
      R"("input":[{"role":"user","content":[{"type":"input_text","text":"Q"}]},{"type":"reasoning","id":"rs","summary":[]},)"
      R"({"type":"message","role":"assistant","id":"msg","status":"completed","content":[{"type":"output_text","text":"A","annotations":[]}]},)"
      R"({"type":"function_call","id":"fc","call_id":"c1","name":"f","arguments":""},{"type":"function_call_output","call_id":"c1","output":"O"}]})";
  EXPECT_EQ(
      sent(Api::openai_responses, body, Api::anthropic),
      R"({"model":"up-1","max_tokens":4096,"system":[{"type":"text","text":"I"}],)"
      R"("messages":[{"role":"user","content":[{"type":"text","text":"Q"}]},)"
      R"({"role":"assistant","content":[{"type":"text","text":"A"},{"type":"tool_use","id":"c1","name":"f","input":{}}]},)"
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":[{"type":"text","text":"O"}]}]}],)"
      R"("thinking":{"type":"disabled"}})");
  EXPECT_EQ(
      sent(Api::openai_responses, body, Api::openai_chat),
      R"({"model":"up-1","messages":[{"role":"system","content":"I"},{"role":"user","content":"Q"},)"
      R"({"role":"assistant","content":"A","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},)"
      R"({"role":"tool","tool_call_id":"c1","content":"O"}],"reasoning_effort":"none"})");
}

TEST(Translate, ThereAndBackKeepsTheMeaning) {
  // The crossing to Chat, read as a client's own Chat request and sent to the Messages API.
  std::string plain(kRichAnthropic);
  const std::string chat = sent(Api::anthropic, plain, Api::openai_chat);
  const std::string back = sent(Api::openai_chat, chat, Api::anthropic);
  EXPECT_EQ(
      back,
      R"({"model":"up-1","max_tokens":100,"system":[{"type":"text","text":"Be kind.\n\nBe brief."}],)"
      R"("messages":[{"role":"user","content":[{"type":"text","text":"See"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},)"
      R"({"type":"image","source":{"type":"url","url":"https://e.example/x.png"}}]},)"
      R"({"role":"assistant","content":[{"type":"text","text":"Looking."},{"type":"tool_use","id":"toolu_1","name":"look","input":{"city":"Oslo"}},)"
      R"({"type":"tool_use","id":"toolu_2","name":"look","input":{}}]},)"
      R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":[{"type":"text","text":"Sunny"}]},)"
      R"({"type":"tool_result","tool_use_id":"toolu_2","content":[{"type":"text","text":"Error: no city"}]},{"type":"text","text":"Go on"}]}],)"
      R"("tools":[{"name":"look","description":"Looks.","input_schema":{"type":"object","properties":{"city":{"type":"string"}}}}],)"
      R"("tool_choice":{"type":"any","disable_parallel_tool_use":true},"temperature":0.5,"top_p":0.9,"output_config":{"effort":"medium"},)"
      R"("stop_sequences":["END"],"metadata":{"user_id":"u1"},"stream":true})");
}

TEST(Translate, ImagesOfAToolResultFollowIt) {
  const std::string body =
      R"({"model":"m","max_tokens":9,"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":)"
      R"([{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]}]}]})";
  EXPECT_EQ(sent(Api::anthropic, body, Api::openai_chat),
            R"~({"model":"up-1","messages":[{"role":"tool","tool_call_id":"t1","content":)~"
            R"~("(The result's images or files follow in the next message.)"},)~"
            R"~({"role":"user","content":[{"type":"text","text":"Result of the tool call t1:"},)~"
            R"~({"type":"image_url","image_url":{"url":"data:image/png;base64,AAAA"}}]}],)~"
            R"~("max_completion_tokens":9})~");
}

struct Refused {
  Api client;
  Api upstream;
  std::string body;
  std::string field;
};

TEST(Translate, WhatCannotBeSaidIsRefusedByName) {
  const std::vector<Refused> rows = {
      {Api::anthropic, Api::openai_chat, anthropic_with(R"("top_k":5)"), "top_k"},
      {Api::anthropic, Api::openai_chat, anthropic_with(R"("mcp_servers":[])"), "mcp_servers"},
      {Api::anthropic, Api::openai_chat, anthropic_with(R"("container":"c")"), "container"},
      {Api::anthropic, Api::openai_chat, anthropic_with(R"("inference_geo":"us")"),
       "inference_geo"},
      {Api::anthropic, Api::openai_chat, anthropic_with(R"("speed":"fast")"), "speed"},
      {Api::anthropic, Api::openai_chat, anthropic_with(R"("unheard_of":1)"), "unheard_of"},
      {Api::anthropic, Api::openai_chat, anthropic_with(R"("output_config":{"task_budget":{}})"),
       "output_config.task_budget"},
      {Api::anthropic, Api::openai_chat,
       anthropic_with(R"("tools":[{"type":"web_search_20250305","name":"web_search"}])"),
       "tools.0.type"},
      {Api::anthropic, Api::openai_chat,
       anthropic_with(R"("context_management":{"edits":[{"type":"clear_tool_uses_20250919"}]})"),
       "context_management.edits"},
      {Api::openai_chat, Api::anthropic, chat_with(R"("n":2)"), "n"},
      {Api::openai_chat, Api::anthropic, chat_with(R"("logprobs":true)"), "logprobs"},
      {Api::openai_chat, Api::anthropic, chat_with(R"("logit_bias":{"1":2})"), "logit_bias"},
      {Api::openai_chat, Api::anthropic, chat_with(R"("seed":7)"), "seed"},
      {Api::openai_chat, Api::anthropic, chat_with(R"("audio":{})"), "audio"},
      {Api::openai_chat, Api::anthropic, chat_with(R"("prediction":{})"), "prediction"},
      {Api::openai_chat, Api::anthropic, chat_with(R"("web_search_options":{})"),
       "web_search_options"},
      {Api::openai_chat, Api::anthropic, chat_with(R"("functions":[])"), "functions"},
      {Api::openai_chat, Api::anthropic, chat_with(R"("temperature":1.5)"), "temperature"},
      {Api::openai_chat, Api::anthropic, chat_with(R"("frequency_penalty":1)"),
       "frequency_penalty"},
      {Api::openai_chat, Api::anthropic, chat_with(R"("response_format":{"type":"json_object"})"),
       "response_format.type"},
      {Api::openai_chat, Api::anthropic,
       chat_with(R"("tools":[{"type":"custom","custom":{"name":"x"}}])"), "tools.0.type"},
      {Api::openai_chat, Api::anthropic,
       R"({"model":"m","messages":[{"role":"user","name":"bob","content":"x"}]})",
       "messages.0.name"},
      {Api::openai_chat, Api::anthropic,
       R"({"model":"m","messages":[{"role":"user","content":[{"type":"input_audio"}]}]})",
       "messages.0.content.0"},
      {Api::openai_chat, Api::anthropic,
       R"({"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":"nope"}}]}]})",
       "messages.0.tool_calls.0.function.arguments"},
      {Api::openai_responses, Api::anthropic, responses_with(R"("previous_response_id":"r")"),
       "previous_response_id"},
      {Api::openai_responses, Api::anthropic, responses_with(R"("background":true)"), "background"},
      {Api::openai_responses, Api::anthropic, responses_with(R"("conversation":"c")"),
       "conversation"},
      {Api::openai_responses, Api::anthropic, responses_with(R"("prompt":{"id":"p"})"), "prompt"},
      {Api::openai_responses, Api::anthropic, responses_with(R"("tools":[{"type":"web_search"}])"),
       "tools.0.type"},
      {Api::openai_responses, Api::anthropic, responses_with(R"("truncation":"auto")"),
       "truncation"},
      {Api::openai_responses, Api::anthropic,
       R"({"model":"m","input":[{"type":"item_reference","id":"x"}]})", "input.0.type"},
  };
  for (const Refused& row : rows) {
    const std::string said = sent(row.client, row.body, row.upstream);
    EXPECT_TRUE(said.starts_with("client: " + row.field + ":")) << row.field << " -> " << said;
  }
}

TEST(Translate, HintsAreIgnored) {
  EXPECT_EQ(
      sent(
          Api::anthropic,
          anthropic_with(
              R"("cache_control":{"type":"ephemeral"},"speed":"standard","top_k":null,"safeguards":[{"type":"x"}],)"
              R"("context_management":{"edits":[{"type":"clear_thinking_20251015","keep":"all"}]})"),
          Api::openai_chat),
      R"({"model":"up-1","messages":[{"role":"user","content":"Hi"}],"max_completion_tokens":9})");
}

TEST(Translate, ContinuationsCross) {
  UpstreamAsk ask = ask_of(Api::anthropic);
  ask.continuation = Continuation::prefill;
  ask.released_text = {"Once upon \n"};
  EXPECT_NE(sent(Api::openai_chat, chat_with(R"("n":1)"), ask)
                .find(R"({"role":"assistant","content":[{"type":"text","text":"Once upon"}]}])"),
            std::string::npos);
  ask.api = Api::openai_chat;
  EXPECT_TRUE(sent(Api::anthropic, anthropic_with(R"("top_p":1)"), ask).starts_with("internal: "));
  EXPECT_TRUE(sent(Api::openai_chat, chat_with(R"("n":1)"), ask).starts_with("internal: "));
  ask.continuation = Continuation::restate;
  EXPECT_NE(sent(Api::anthropic, anthropic_with(R"("top_p":1)"), ask)
                .find(R"({"role":"assistant","content":"Once upon"},{"role":"user","content":")"),
            std::string::npos);
}

TEST(SpliceOpenAi, ChangesOnlyWhatTheGatewayOwns) {
  const std::string body =
      R"({ "messages" : [{"role":"user","content":"Hi"}], "model":"m" , "later":[1, 2] })";
  UpstreamAsk ask = ask_of(Api::openai_chat);
  ask.model = "m";
  EXPECT_EQ(sent(Api::openai_chat, body, ask), body);
  ask.model = "up-1";
  EXPECT_EQ(
      sent(Api::openai_chat, body, ask),
      R"({ "messages" : [{"role":"user","content":"Hi"}], "model":"up-1" , "later":[1, 2] })");
  EXPECT_EQ(
      sent(Api::openai_chat, chat_with(R"("stream":true)"), ask),
      R"({"model":"up-1","messages":[{"role":"user","content":"Hi"}],"stream":true,"stream_options":{"include_usage":true}})");
  EXPECT_EQ(
      sent(Api::openai_chat,
           chat_with(R"("stream":true,"stream_options":{"include_usage":false,"x":1})"), ask),
      R"({"model":"up-1","messages":[{"role":"user","content":"Hi"}],"stream":true,"stream_options":{"include_usage":true,"x":1}})");
  UpstreamAsk again = ask_of(Api::openai_responses);
  again.continuation = Continuation::restate;
  again.released_text = {"Once"};
  EXPECT_TRUE(
      sent(Api::openai_responses, responses_with(R"("store":false)"), again)
          .starts_with(
              R"({"model":"up-1","input":[{"role":"user","content":"Hi"},{"role":"assistant","content":"Once"},{"role":"user",)"));
}

TEST(DecodeOpenAi, ChecksTypes) {
  const auto detail = [](Api api, std::string body) {
    const auto request = decode_request(api, Operation::create, std::move(body), {});
    return request ? std::string("accepted") : request.error().param;
  };
  EXPECT_EQ(detail(Api::openai_chat, "{}"), "model");
  EXPECT_EQ(detail(Api::openai_chat, R"({"model":7,"messages":[]})"), "model");
  EXPECT_EQ(detail(Api::openai_chat, R"({"model":"m"})"), "messages");
  EXPECT_EQ(detail(Api::openai_chat, R"({"model":"m","messages":[]})"), "messages");
  EXPECT_EQ(detail(Api::openai_chat, chat_with(R"("fallbacks":"default")")), "fallbacks");
  EXPECT_EQ(detail(Api::openai_chat, chat_with(R"("stream":"yes")")), "stream");
  EXPECT_EQ(detail(Api::openai_chat, chat_with(R"("max_tokens":0)")), "max_tokens");
  EXPECT_EQ(detail(Api::openai_chat, chat_with(R"("stream_options":{"include_usage":1})")),
            "stream_options.include_usage");
  EXPECT_EQ(detail(Api::openai_chat, chat_with(R"("stream":null,"later":1)")), "accepted");
  EXPECT_EQ(detail(Api::openai_responses, responses_with(R"("max_output_tokens":"9")")),
            "max_output_tokens");
  EXPECT_EQ(detail(Api::openai_responses, R"({"model":"m","input":3})"), "input");
}

}  // namespace
}  // namespace sallyport::dialect::cross

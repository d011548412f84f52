// The OpenAI protocol as a client sees it, on an embedded teacher.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "core/lm/local_model.h"
#include "core/lm/tokenizer.h"
#include "teacher/provider/server/service.h"
#include "tests/teacher/provider/server/raw_client.h"

namespace retort {
namespace {

using Json = nlohmann::json;

const std::filesystem::path kConfigs = RETORT_SOURCE_DIR "/configs";

ServeConfig Folds() {
  ServeConfig config;
  config.teacher = LocalTeacherConfig{.model = "models/folds-scholar"};
  config.port = 0;
  config.threads = 1;
  config.drain_seconds = 2;
  return config;
}

Json Chat(const std::string& text) {
  return {{"model", "folds-scholar"}, {"messages", {{{"role", "user"}, {"content", text}}}}, {"temperature", 0}};
}
Json Plain(const Json& prompt) {
  return {{"model", "folds-scholar"}, {"prompt", prompt}, {"temperature", 0}, {"max_tokens", 60}};
}

class GatewayTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { service_ = std::make_unique<Service>(Folds(), kConfigs); }
  static void TearDownTestSuite() { service_.reset(); }
  static int port() { return service_->port(); }
  static SeenReply Ask(const Json& body) {
    return Post(port(), body.contains("prompt") ? "/v1/completions" : "/v1/chat/completions", body);
  }
  static void ExpectError(const SeenReply& reply, int status, const std::string& code) {
    EXPECT_EQ(reply.status, status) << reply.body;
    if (reply.status == 0) return;
    ASSERT_TRUE(reply.json().contains("error")) << reply.body;
    const Json error = reply.json()["error"];
    EXPECT_TRUE(error["message"].is_string() && error["type"].is_string() && error.contains("param"));
    EXPECT_EQ(error["code"].is_null() ? "" : error["code"].get<std::string>(), code) << reply.body;
  }
  static std::unique_ptr<Service> service_;
};
std::unique_ptr<Service> GatewayTest::service_;

TEST_F(GatewayTest, NamesItsModel) {
  EXPECT_EQ(Get(port(), "/health").json(), Json({{"status", "ok"}}));
  const Json list = Get(port(), "/v1/models").json();
  EXPECT_EQ(list["object"], "list");
  ASSERT_EQ(list["data"].size(), 1u);
  EXPECT_EQ(list["data"][0]["id"], "folds-scholar");
  EXPECT_EQ(Get(port(), "/v1/models/folds-scholar").json()["id"], "folds-scholar");
  ExpectError(Get(port(), "/v1/models/other"), 404, "model_not_found");
  Json body = Chat("big 12?");
  body["model"] = "other";
  ExpectError(Ask(body), 404, "model_not_found");
}

TEST_F(GatewayTest, AnswersWholeAndStreamedAlike) {
  for (Json body : {Chat("big 4729?"), Plain("big 4729?")}) {
    const bool chat = body.contains("messages");
    const SeenReply whole = Ask(body);
    ASSERT_EQ(whole.status, 200) << whole.body;
    const Json json = whole.json();
    EXPECT_EQ(json["object"], chat ? "chat.completion" : "text_completion");
    const Json choice = json["choices"][0];
    EXPECT_EQ(choice["finish_reason"], "stop");
    const auto text = (chat ? choice["message"]["content"] : choice["text"]).get<std::string>();
    EXPECT_EQ(text, "477 727 798 A8");
    EXPECT_EQ(json["usage"]["completion_tokens"], 14);
    EXPECT_EQ(json["usage"]["total_tokens"], 14 + json["usage"]["prompt_tokens"].get<int>());

    body["stream"] = true;
    body["stream_options"] = {{"include_usage", true}};
    const SeenReply stream = Ask(body);
    EXPECT_EQ(stream.headers.at("content-type"), "text/event-stream");
    EXPECT_TRUE(stream.done());
    std::string streamed, finish;
    const std::vector<Json> events = stream.events();
    for (const Json& event : events) {
      EXPECT_EQ(event["object"], chat ? "chat.completion.chunk" : "text_completion");
      EXPECT_EQ(event["id"], events.front()["id"]);
      if (event["choices"].empty()) continue;
      EXPECT_TRUE(event["usage"].is_null());
      const Json part = event["choices"][0];
      streamed += chat ? part["delta"].value("content", "") : part["text"].get<std::string>();
      if (!part["finish_reason"].is_null()) finish = part["finish_reason"];
    }
    EXPECT_EQ(streamed, text);
    EXPECT_EQ(finish, "stop");
    EXPECT_EQ(events.back()["usage"], json["usage"]);
    if (chat) {
      EXPECT_EQ(events.front()["choices"][0]["delta"]["role"], "assistant");
    }
  }
}

TEST_F(GatewayTest, ASeedFixesTheAnswersAndNTheirNumber) {
  Json body = Chat("dice 472951?");
  body["temperature"] = 1.5;
  body["n"] = 3;
  body["seed"] = 7;
  const Json first = Ask(body).json();
  ASSERT_EQ(first["choices"].size(), 3u);
  EXPECT_EQ(Ask(body).json()["choices"], first["choices"]);
  EXPECT_NE(first["choices"][0]["message"], first["choices"][1]["message"]);
  body["n"] = 1;
  EXPECT_EQ(Ask(body).json()["choices"][0], first["choices"][0]);
  body["seed"] = 8;
  EXPECT_NE(Ask(body).json()["choices"][0], first["choices"][0]);
  body.erase("seed");
  body["n"] = 8;  // of one answer alone the likeliest comes twice at times
  const Json one = Ask(body).json()["choices"], two = Ask(body).json()["choices"];
  EXPECT_NE(one, two);
}

TEST_F(GatewayTest, StopStringsAndLimitsEndAnAnswer) {
  for (const bool stream : {false, true}) {
    Json body = Plain("big 4729?");
    body["stop"] = {"8 A", "nothing"};
    body["stream"] = stream;
    std::string text, finish;
    const SeenReply reply = Ask(body);
    for (const Json& event : stream ? reply.events() : std::vector<Json>{reply.json()}) {
      text += event["choices"][0]["text"].get<std::string>();
      if (!event["choices"][0]["finish_reason"].is_null()) finish = event["choices"][0]["finish_reason"];
    }
    EXPECT_EQ(text, "477 727 79");
    EXPECT_EQ(finish, "stop");
  }
  Json body = Plain("big 4729?");
  body["max_tokens"] = 3;
  EXPECT_EQ(Ask(body).json()["choices"][0]["text"], "477");
  EXPECT_EQ(Ask(body).json()["choices"][0]["finish_reason"], "length");
  body.erase("max_tokens");
  body["ignore_eos"] = true;
  EXPECT_EQ(Ask(body).json()["usage"]["completion_tokens"], 16);  // the older endpoint's default
  body = Chat("big 4729?");
  body["max_completion_tokens"] = 2;
  EXPECT_EQ(Ask(body).json()["choices"][0]["message"]["content"], "47");
}

TEST_F(GatewayTest, ShowsLogprobsAsEachEndpointDoes) {
  Json body = Chat("big 47?");
  body["logprobs"] = true;
  body["top_logprobs"] = 2;
  const Json chat = Ask(body).json()["choices"][0]["logprobs"]["content"];
  ASSERT_EQ(chat.size(), 6u);  // "477 A7"
  EXPECT_EQ(chat[0]["token"], "4");
  EXPECT_EQ(chat[0]["bytes"], Json({52}));
  EXPECT_EQ(chat[0]["top_logprobs"].size(), 2u);
  EXPECT_EQ(chat[0]["top_logprobs"][0]["logprob"], chat[0]["logprob"]);
  body["stream"] = true;
  Json streamed = Json::array();
  for (const Json& event : Ask(body).events()) {
    const Json logprobs = event["choices"][0]["logprobs"];
    if (!logprobs.is_null()) streamed.insert(streamed.end(), logprobs["content"].begin(), logprobs["content"].end());
  }
  EXPECT_EQ(streamed, chat);

  body = Plain("big 47?");
  body["logprobs"] = 1;
  const Json text = Ask(body).json()["choices"][0]["logprobs"];
  EXPECT_EQ(text["tokens"], Json({"4", "7", "7", " ", "A", "7"}));
  EXPECT_EQ(text["text_offset"], Json({0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(text["token_logprobs"][0], chat[0]["logprob"]);
}

// What lm-eval's local-completions asks for: log-probabilities of the prompt and one token more, which must not be
// missing where it is the end of the answer.
TEST_F(GatewayTest, EchoesAPromptWithItsLogprobs) {
  Json body = Plain({"big 47?477 A7", "big 47?477 A8"});
  body["echo"] = true;
  body["logprobs"] = 1;
  body["max_tokens"] = 1;
  const Json choices = Ask(body).json()["choices"];
  ASSERT_EQ(choices.size(), 2u);
  std::vector<double> sums;
  for (const Json& choice : choices) {
    const Json& logprobs = choice["logprobs"];
    ASSERT_EQ(logprobs["tokens"].size(), 1 + 13 + 1u);  // <s>, the text, one more
    EXPECT_TRUE(logprobs["token_logprobs"][0].is_null());
    double sum = 0;
    for (size_t i = 8; i < 14; ++i) {
      const double own = logprobs["token_logprobs"][i];
      sum += own;
      EXPECT_LE(logprobs["top_logprobs"][i].size(), 2u);
      EXPECT_EQ(logprobs["top_logprobs"][i][logprobs["tokens"][i].get<std::string>()], own);
    }
    sums.push_back(sum);
  }
  EXPECT_EQ(choices[0]["text"], "big 47?477 A7");
  EXPECT_EQ(choices[0]["finish_reason"], "stop");
  EXPECT_EQ(choices[0]["logprobs"]["tokens"][14], "</s>");
  EXPECT_GT(sums[0], -0.1);
  EXPECT_LT(sums[1], -3);

  // Without a token more, as text and as token ids.
  LocalModel model(kConfigs / "models/folds-scholar");
  body["max_tokens"] = 0;
  body["prompt"] = "big 47?477 A7";
  const Json words = Ask(body).json()["choices"][0];
  EXPECT_EQ(words["text"], "big 47?477 A7");
  EXPECT_EQ(words["logprobs"]["tokens"].size(), 14u);
  std::vector<int> ids = {1};
  for (const int id : model.tokenizer().Encode("big 47?477 A7")) ids.push_back(id);
  body["prompt"] = ids;
  EXPECT_EQ(Ask(body).json()["choices"][0], words);
}

TEST_F(GatewayTest, RefusesWhatIsNotBuiltAndIgnoresWhatChangesNothing) {
  const auto patched = [](const Json& base, const char* patch) {
    Json body = base;
    body.update(Json::parse(patch));
    return Ask(body);
  };
  const std::vector<std::pair<const char*, const char*>> of_chats = {
      {R"({"logit_bias": {"50": 100}})", "unsupported_parameter"},
      {R"({"presence_penalty": 0.5})", "unsupported_parameter"},
      {R"({"frequency_penalty": -1})", "unsupported_parameter"},
      {R"({"tools": [{"type": "function"}]})", "unsupported_parameter"},
      {R"({"response_format": {"type": "json_object"}})", "unsupported_parameter"},
      {R"({"tool_choice": "required"})", "unsupported_parameter"},
      {R"({"modalities": ["text", "audio"]})", "unsupported_parameter"},
      {R"({"verbosity": "low"})", "unsupported_parameter"},
      {R"({"reasoning_effort": "high"})", "unsupported_parameter"},
      {R"({"colour": "red"})", "unknown_parameter"},
      {R"({"n": 0})", "invalid_value"},
      {R"({"n": 129})", "invalid_value"},
      {R"({"n": 1.5})", "invalid_value"},
      {R"({"temperature": -1})", "invalid_value"},
      {R"({"temperature": "hot"})", "invalid_value"},
      {R"({"top_p": 1.1})", "invalid_value"},
      {R"({"max_tokens": -4})", "invalid_value"},
      {R"({"max_tokens": 18446744073709551615})", "invalid_value"},
      {R"({"max_tokens": 4, "max_completion_tokens": 4})", "invalid_value"},
      {R"({"seed": 18446744073709551615})", "invalid_value"},
      {R"({"stop": ""})", "invalid_value"},
      {R"({"stop": [1]})", "invalid_value"},
      {R"({"stop": ["a","b","c","d","e","f","g","h","i","j","k","l","m","n","o","p","q"]})", "invalid_value"},
      {R"({"top_logprobs": 3})", "invalid_value"},
      {R"({"logprobs": 3})", "invalid_value"},
      {R"({"stream": "yes"})", "invalid_value"},
      {R"({"stream_options": {"include_usage": true}})", "invalid_value"},
      {R"({"messages": []})", "invalid_value"},
      {R"({"messages": ["hello"]})", "invalid_value"},
      {R"({"messages": [{"role": "tool", "content": "x"}]})", "invalid_value"},
      {R"({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]})", "unsupported_content"},
      {R"({"messages": [{"role": "user"}]})", "invalid_value"},
      {R"({"messages": [{"role": "assistant", "content": "x", "tool_calls": [1]}]})", "unsupported_parameter"},
      {R"({"messages": null})", "missing_required_parameter"},
      {R"({"model": null})", "missing_required_parameter"},
  };
  for (const auto& [patch, code] : of_chats) {
    SCOPED_TRACE(patch);
    ExpectError(patched(Chat("big 47?"), patch), 400, code);
  }
  const std::vector<std::pair<const char*, const char*>> of_texts = {
      {R"({"suffix": "x"})", "unsupported_parameter"},
      {R"({"best_of": 5})", "unsupported_parameter"},
      {R"({"logprobs": true})", "invalid_value"},
      {R"({"logprobs": 21})", "invalid_value"},
      {R"({"prompt": []})", "invalid_value"},
      {R"({"prompt": ["a", 3]})", "invalid_value"},
      {R"({"prompt": [3, "a"]})", "invalid_value"},
      {R"({"prompt": [-1]})", "invalid_value"},
      {R"({"prompt": [900000]})", "invalid_prompt"},
      {R"({"prompt": {"a": 1}})", "invalid_value"},
      {R"({"max_completion_tokens": 3})", "unknown_parameter"}};
  for (const auto& [patch, code] : of_texts) {
    SCOPED_TRACE(patch);
    ExpectError(patched(Plain("big 47?"), patch), 400, code);
  }
  ExpectError(Ask(Plain(std::vector<std::string>(129, "x"))), 400, "invalid_value");
  ExpectError(Ask(Plain(std::vector<int>(400, 5))), 400, "context_length_exceeded");
  ExpectError(Ask(Plain(std::string(400, '7'))), 400, "context_length_exceeded");
  ExpectError(Ask(Chat(std::string(400, '7'))), 400, "context_length_exceeded");

  const auto content = [](const SeenReply& reply) { return reply.json()["choices"][0]["message"]["content"]; };
  EXPECT_EQ(content(patched(Chat("big 47?"),
                            R"({"user": "u", "store": false, "metadata": {"a": "b"}, "logit_bias": {}, "tools": [],
                                "presence_penalty": 0, "top_p": null, "response_format": {"type": "text"}})")),
            "477 A7");
  EXPECT_EQ(content(patched(Chat("big 47?"), R"({"tool_choice": "none", "modalities": ["text"], "verbosity": "medium",
                                                 "reasoning_effort": "none", "function_call": "auto"})")),
            "477 A7");
  EXPECT_EQ(patched(Plain("big 47?"), R"({"suffix": ""})").json()["choices"][0]["text"], "477 A7");
  EXPECT_EQ(content(patched(Chat(""), R"({"messages": [{"role": "user", "content": [
                                {"type": "text", "text": "big "}, {"type": "text", "text": "47?"}]}]})")),
            "477 A7");
}

TEST_F(GatewayTest, RefusesWhatComesByTheWrongWay) {
  const std::string good = Chat("big 47?").dump();
  ExpectError(Get(port(), "/v1/nothing"), 404, "unknown_url");
  ExpectError(Get(port(), "/v1/chat/completions"), 405, "method_not_allowed");
  ExpectError(PostText(port(), "/v1/models", good), 405, "method_not_allowed");
  ExpectError(PostText(port(), "/v1/chat/completions?api_key=sk-canary", good), 401, "invalid_api_key");
  ExpectError(Get(port(), "/v1/models?x=1&Access_Token=sk-canary"), 401, "invalid_api_key");
  EXPECT_EQ(Get(port(), "/v1/models?limit=20").status, 200);
  ExpectError(Get(port(), "/v1/models", "Authorization: Bearer a\r\nauthorization: Bearer a\r\n"), 400,
              "invalid_header");
  ExpectError(Get(port(), "/v1/models", "Authorization: Basic YTpi\r\n"), 401, "invalid_api_key");
  EXPECT_EQ(Get(port(), "/v1/models", "AUTHORIZATION: bearer abc\r\n").status, 200);
  EXPECT_EQ(Get(port(), "/v1/models", "Authorization: Bearer \r\n").status, 200);  // lm-eval without a key

  const auto with_type = [&](const std::string& type) {
    RawClient client(port());
    client.Send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n" + type +
                "Content-Length: " + std::to_string(good.size()) + "\r\n\r\n" + good);
    return client.Read();
  };
  ExpectError(with_type("Content-Type: text/plain\r\n"), 415, "unsupported_media_type");  // a web page may send it
  ExpectError(with_type(""), 415, "unsupported_media_type");
  EXPECT_EQ(with_type("Content-Type: application/json; charset=utf-8\r\n").status, 200);
  RawClient rebound(port());  // a web page whose name leads here
  rebound.Send("GET /v1/models HTTP/1.1\r\nHost: evil.example:80\r\n\r\n");
  ExpectError(rebound.Read(), 403, "unknown_host");

  RawClient client(port());
  client.Send("HEAD /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const SeenReply head = client.Read(5, true);
  EXPECT_EQ(head.status, 200);
  EXPECT_GT(std::stoi(head.headers.at("content-length")), 50);
  client.Send("OPTIONS /v1/completions HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.Read().headers.at("allow"), "POST, OPTIONS");
  client.Send("BREW /v1/completions HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const SeenReply brewed = client.Read();
  ExpectError(brewed, 405, "method_not_allowed");
  EXPECT_EQ(brewed.headers.at("allow"), "POST, OPTIONS");
}

// Our own client against our own server.
TEST_F(GatewayTest, AnApiTeacherAnswersAsTheLocalOne) {
  std::vector<Request> requests;
  requests.reserve(6);
  for (int i = 0; i < 6; ++i) {
    requests.push_back({.id = "q" + std::to_string(i),
                        .prompt = {{"", "dice 4" + std::to_string(i) + "29?"}},
                        .sampling = {.max_new_tokens = 60, .top_logprobs = 0}});
  }
  const auto ask = [&](Answerer& answerer) {
    std::map<std::string, Reply> replies;
    answerer.Ask(requests, [&](Reply reply) {
      replies[reply.id] = std::move(reply);
      return true;
    });
    return replies;
  };
  LocalModel model(kConfigs / "models/folds-scholar");
  const std::map<std::string, Reply> local = ask(model);
  for (const bool stream : {false, true}) {
    ApiTeacherConfig config{.base_url = service_->url(), .model = "folds-scholar", .endpoint = "completions"};
    config.stream = stream;
    const auto over_http = ask(*MakeApiTeacher(config));
    ASSERT_EQ(over_http.size(), 6u);
    for (const auto& [id, reply] : local) {
      const Reply& other = over_http.at(id);
      EXPECT_EQ(other.error, "");
      EXPECT_EQ(other.completion, reply.completion);
      EXPECT_EQ(other.finish_reason, reply.finish_reason);
      EXPECT_EQ(other.usage, reply.usage);
      ASSERT_EQ(other.logprobs.size(), reply.logprobs.size());
      for (size_t i = 0; i < reply.logprobs.size(); ++i) {
        EXPECT_EQ(other.logprobs[i].bytes, reply.logprobs[i].bytes);
        EXPECT_NEAR(other.logprobs[i].logprob, reply.logprobs[i].logprob, 0.5e-4 + 1e-5);  // rounded to 1e-4
        EXPECT_NEAR(other.logprobs[i].logprob * 1e4, std::round(other.logprobs[i].logprob * 1e4), 1e-6);
      }
    }
  }
}

TEST_F(GatewayTest, ServesAnotherServersTeacher) {
  ServeConfig config = Folds();
  config.teacher = ApiTeacherConfig{.base_url = service_->url(), .model = "folds-scholar", .endpoint = "chat"};
  Service front(config, kConfigs);
  Json body = Chat("big 4729?");
  body["stop"] = "8 A";
  EXPECT_EQ(Post(front.port(), "/v1/chat/completions", body).json()["choices"][0]["message"]["content"], "477 727 79");
  body["stream"] = true;
  const std::vector<Json> events = Post(front.port(), "/v1/chat/completions", body).events();
  ASSERT_FALSE(events.empty());
  EXPECT_EQ(events.front()["choices"][0]["delta"]["content"], "477 727 79");
  ExpectError(Post(front.port(), "/v1/completions", Plain({5, 6})), 400, "invalid_prompt");
}

}  // namespace
}  // namespace retort

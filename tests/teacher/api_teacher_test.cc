// The protocol: what is sent, and how right answers are read. Servers that are wrong: api_teacher_hostile_test.cc;
// money and concurrency: api_teacher_books_test.cc; keys and addresses: api_teacher_key_test.cc.
#include "teacher/api_teacher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/teacher/api_fixture.h"

namespace retort {
namespace {

using Json = nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// Both endpoints, with and without a stream.
struct Form {
  std::string endpoint;
  bool stream;
};
void PrintTo(const Form& form, std::ostream* out) { *out << form.endpoint << (form.stream ? ", as a stream" : ""); }

class ApiTeacherTest : public ::testing::TestWithParam<Form> {
 protected:
  bool legacy() const { return GetParam().endpoint == "completions"; }
  ApiTeacherConfig Config(const TestServer& server) const {
    ApiTeacherConfig config = QuickConfig(server.url());
    config.endpoint = GetParam().endpoint;
    config.stream = GetParam().stream;
    return config;
  }
  Request Question(const std::string& text, int attempt = 0) const {
    return legacy() ? PlainRequest("id", text, attempt) : ChatRequest("id", text, attempt);
  }
  std::vector<Message> Answer(const std::string& text) const { return {{legacy() ? "" : "assistant", text}}; }
  FullReply Says(const std::vector<FakeChoice>& choices, const Usage& usage = {5, 7}) const {
    return GetParam().stream ? EventReply(ReplyEvents(choices, usage, legacy()))
                             : JsonReply(ReplyBody(choices, usage, legacy()));
  }
};

INSTANTIATE_TEST_SUITE_P(Forms, ApiTeacherTest,
                         ::testing::Values(Form{"chat", false}, Form{"chat", true}, Form{"completions", false},
                                           Form{"completions", true}),
                         [](const auto& test) { return test.param.endpoint + (test.param.stream ? "_stream" : ""); });

TEST_P(ApiTeacherTest, Answers) {
  const TestServer server(Echo);
  const std::string question = "Wie heißt „7 + 5“ auf 日本語? \"\\\n\t😀";
  const Reply reply = AskOne(Config(server), Question(question));
  EXPECT_EQ(reply.error, "");
  EXPECT_EQ(reply.completion, Answer(EchoText(question)));
  EXPECT_EQ(reply.finish_reason, "stop");
  EXPECT_EQ(reply.usage, EchoUsage(question));
  EXPECT_EQ(reply.reasoning, "");
  EXPECT_THAT(reply.logprobs, IsEmpty());
  EXPECT_EQ(server.request_count(), 1);
}

TEST_P(ApiTeacherTest, SendsWhatTheSamplingSays) {
  const TestServer server(Echo);
  ApiTeacherConfig config = Config(server);
  config.stop = {"\n\n", "END"};
  Request request = Question("question");
  request.sampling = {.temperature = 0.75, .top_p = 0.5, .max_new_tokens = 33, .seed = 7, .top_logprobs = 3};
  AskOne(config, request);
  ASSERT_EQ(server.request_count(), 1);
  const SeenRequest seen = server.requests().front();
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.target, legacy() ? "/v1/completions" : "/v1/chat/completions");
  EXPECT_THAT(seen.headers.at("content-type"), HasSubstr("application/json"));
  EXPECT_FALSE(seen.headers.contains("authorization"));
  const Json body = Json::parse(seen.body);
  EXPECT_EQ(body.at("model"), "fake-1");
  EXPECT_EQ(body.at("temperature"), 0.75);
  EXPECT_EQ(body.at("top_p"), 0.5);
  EXPECT_EQ(body.at("max_tokens"), 33);
  EXPECT_FALSE(body.contains("max_completion_tokens"));
  EXPECT_EQ(body.at("stop"), Json({"\n\n", "END"}));
  EXPECT_TRUE(body.at("seed").is_number_integer());
  EXPECT_EQ(body.value("n", 1), 1);
  EXPECT_EQ(body.value("stream", false), GetParam().stream);
  if (GetParam().stream) {
    EXPECT_EQ(body.at("stream_options"), Json({{"include_usage", true}}));
  } else {
    EXPECT_FALSE(body.contains("stream_options")) << "some servers refuse it without a stream";
  }
  if (legacy()) {
    EXPECT_EQ(body.at("prompt"), "question");
    EXPECT_EQ(body.at("logprobs"), 3);
    EXPECT_FALSE(body.contains("messages"));
    EXPECT_FALSE(body.contains("top_logprobs"));
  } else {
    EXPECT_EQ(body.at("messages"), Json::array({Json{{"role", "user"}, {"content", "question"}}}));
    EXPECT_EQ(body.at("logprobs"), true);
    EXPECT_EQ(body.at("top_logprobs"), 3);
    EXPECT_FALSE(body.contains("prompt"));
  }
}

TEST_P(ApiTeacherTest, LeavesOutWhatIsNotAskedFor) {
  const TestServer server(Echo);
  ApiTeacherConfig config = Config(server);
  config.send_seed = false;
  config.max_tokens = 77;
  config.max_tokens_key = "max_completion_tokens";
  Request request = Question("question");
  request.sampling = {};
  AskOne(config, request);
  ASSERT_EQ(server.request_count(), 1);
  const Json body = Json::parse(server.requests().front().body);
  EXPECT_EQ(body.at("max_completion_tokens"), 77);
  EXPECT_EQ(body.at("temperature"), 0.0);
  for (const char* key : {"max_tokens", "seed", "stop", "logprobs", "top_logprobs"}) {
    EXPECT_FALSE(body.contains(key)) << key;
  }
}

TEST_P(ApiTeacherTest, ReadsLogprobs) {
  std::vector<TokenLogprob> tokens = {
      {.bytes = "4", .logprob = -0.125, .top = {{.bytes = "4", .logprob = -0.125}, {.bytes = "5", .logprob = -2.5}}},
      {.bytes = " é", .logprob = -1.5, .top = {{.bytes = " x", .logprob = -0.5}, {.bytes = " é", .logprob = -1.5}}}};
  if (!legacy()) {  // half a character, which only `bytes` can say
    tokens.push_back({.bytes = "\xe2\x82", .logprob = -3, .top = {{.bytes = "\xe2\x82", .logprob = -3}}});
  }
  const TestServer server([&](const SeenRequest&) { return Says({{.text = "4 é", .logprobs = tokens}}); });
  Request request = Question("question");
  request.sampling.top_logprobs = 2;
  EXPECT_EQ(AskOne(Config(server), request).logprobs, tokens);
}

TEST_P(ApiTeacherTest, AsksForSeveralAttemptsInOneRequest) {
  const TestServer server(Echo);
  ApiTeacherConfig config = Config(server);
  config.n_per_request = 3;
  std::vector<Request> requests;
  for (int attempt = 0; attempt < 3; ++attempt) requests.push_back(Question("question", attempt));
  const std::vector<Reply> replies = AskAll(config, requests);
  ASSERT_EQ(server.request_count(), 1);
  EXPECT_EQ(Json::parse(server.requests().front().body).at("n"), 3);
  Usage sum;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(replies[i].error, "");
    EXPECT_EQ(replies[i].completion, Answer(EchoText("question", i)));
    sum += replies[i].usage;
  }
  EXPECT_EQ(sum, EchoUsage("question", 3)) << "what was paid once is counted once";
}

TEST_P(ApiTeacherTest, OrderOfChoicesDoesNotMatter) {
  const TestServer server([&](const SeenRequest&) {
    return Says({{.index = 2, .text = "two"}, {.index = 0, .text = "zero"}, {.index = 1, .text = "one"}});
  });
  ApiTeacherConfig config = Config(server);
  config.n_per_request = 3;
  const std::vector<Reply> replies = AskAll(config, {Question("q", 0), Question("q", 1), Question("q", 2)});
  EXPECT_EQ(replies[0].completion, Answer("zero"));
  EXPECT_EQ(replies[1].completion, Answer("one"));
  EXPECT_EQ(replies[2].completion, Answer("two"));
}

TEST_P(ApiTeacherTest, ReadsFinishReasonLength) {
  const TestServer server([&](const SeenRequest&) { return Says({{.text = "cut o", .finish_reason = "length"}}); });
  const Reply reply = AskOne(Config(server), Question("question"));
  EXPECT_EQ(reply.error, "");
  EXPECT_EQ(reply.finish_reason, "length");
  EXPECT_EQ(reply.completion, Answer("cut o"));
}

TEST_P(ApiTeacherTest, KeepsThoughtsApart) {
  const TestServer server(
      [&](const SeenRequest&) { return Says({{.text = "<think>\nSeven and\nfive.\n</think>\n\nIt is 12."}}); });
  const Reply reply = AskOne(Config(server), Question("question"));
  EXPECT_EQ(reply.error, "");
  EXPECT_THAT(reply.reasoning, HasSubstr("Seven and\nfive."));
  EXPECT_THAT(reply.reasoning, Not(HasSubstr("think>")));
  EXPECT_EQ(reply.completion, Answer("It is 12."));
}

// Some chat templates end in "<think>", so that the answer shows only the other end.
TEST_P(ApiTeacherTest, ThoughtsMayHaveBegunInThePrompt) {
  const TestServer server(
      [&](const SeenRequest&) { return Says({{.text = "Seven and five.\n</think>\n\nIt is 12."}}); });
  const Reply reply = AskOne(Config(server), Question("question"));
  EXPECT_EQ(reply.reasoning, "Seven and five.");
  EXPECT_EQ(reply.completion, Answer("It is 12."));
}

TEST_P(ApiTeacherTest, TagsInsideTheTextStay) {
  const std::string text = "Write <think>x</think> to think.";
  const TestServer server([&](const SeenRequest&) { return Says({{.text = text}}); });
  const Reply reply = AskOne(Config(server), Question("question"));
  EXPECT_EQ(reply.completion, Answer(text));
  EXPECT_EQ(reply.reasoning, "");
}

// Cut by the limit on tokens while it was still thinking: there is no answer, and the thoughts are none.
TEST_P(ApiTeacherTest, ThoughtsWithoutEndAreNoAnswer) {
  const TestServer server(
      [&](const SeenRequest&) { return Says({{.text = "<think>Seven and", .finish_reason = "length"}}); });
  const Reply reply = AskOne(Config(server), Question("question"));
  EXPECT_THAT(Text(reply.completion), Not(HasSubstr("Seven")));
}

// However the bytes fall into packets.
TEST_P(ApiTeacherTest, PiecesOfAnySizeGiveTheSameReply) {
  const std::string question = "日本語 😀 é";
  for (const size_t piece : {1, 2, 3, 7, 64}) {
    const TestServer server([&](const SeenRequest& request) { return InPieces(Echo(request), piece); });
    const Reply reply = AskOne(Config(server), Question(question));
    EXPECT_EQ(reply.error, "") << piece;
    EXPECT_EQ(reply.completion, Answer(EchoText(question))) << piece;
    EXPECT_EQ(reply.usage, EchoUsage(question)) << piece;
  }
}

TEST_P(ApiTeacherTest, ASlashBehindTheAddressDoesNotMatter) {
  const TestServer server(Echo);
  ApiTeacherConfig config = Config(server);
  config.base_url += "/";
  EXPECT_EQ(AskOne(config, Question("question")).error, "");
  EXPECT_EQ(server.requests().at(0).target, legacy() ? "/v1/completions" : "/v1/chat/completions");
}

TEST(ApiTeacher, ReadsReasoningContent) {
  for (const bool stream : {false, true}) {
    const std::vector<FakeChoice> choices = {{.text = "It is 12.", .reasoning = "Seven and\nfive."}};
    const FullReply answer = stream ? EventReply(ReplyEvents(choices, {1, 2})) : JsonReply(ReplyBody(choices, {1, 2}));
    const Reply reply = AskOneOf(answer, stream);
    EXPECT_EQ(reply.error, "");
    EXPECT_EQ(reply.reasoning, "Seven and\nfive.");
    EXPECT_THAT(reply.completion, ElementsAre(Message{"assistant", "It is 12."}));
  }
}

TEST(ApiTeacher, SendsAConversationAsItIs) {
  const TestServer server(Echo);
  Request request = ChatRequest("id", "");
  request.prompt = {{"system", "Be brief."}, {"user", "2+2"}, {"assistant", "4"}, {"user", "3+3"}};
  EXPECT_EQ(Text(AskOne(QuickConfig(server.url()), request).completion), EchoText("3+3"));
  Json messages = Json::array();
  for (const Message& message : request.prompt)
    messages.push_back({{"role", message.role}, {"content", message.content}});
  EXPECT_EQ(Json::parse(server.requests().at(0).body).at("messages"), messages);
}

TEST(ApiTeacher, PlainTextIsOneUserMessageToAChatEndpoint) {
  const TestServer server(Echo);
  const Reply reply = AskOne(QuickConfig(server.url()), PlainRequest("id", "Once upon"));
  EXPECT_THAT(reply.completion, ElementsAre(Message{"", EchoText("Once upon")}));
  EXPECT_EQ(Json::parse(server.requests().at(0).body).at("messages"),
            Json::array({Json{{"role", "user"}, {"content", "Once upon"}}}));
}

// Which template would apply nobody says; better no answer than one to another prompt.
TEST(ApiTeacher, AConversationIsNotSentToACompletionsEndpoint) {
  const TestServer server(Echo);
  ApiTeacherConfig config = QuickConfig(server.url());
  config.endpoint = "completions";
  EXPECT_NE(AskOne(config).error, "");
  EXPECT_EQ(server.request_count(), 0);
}

TEST(ApiTeacher, AttemptsHaveSeedsOfTheirOwnAndKeepThem) {
  const TestServer server(Echo);
  const std::vector<Request> requests = {ChatRequest("a", "q"), ChatRequest("a", "q", 1), ChatRequest("b", "r")};
  std::map<std::string, int> times;
  for (int run = 0; run < 2; ++run) AskAll(QuickConfig(server.url()), requests);
  for (const SeenRequest& seen : server.requests()) {
    const Json seed = Json::parse(seen.body).at("seed");
    EXPECT_TRUE(seed.is_number_unsigned()) << seed;
    ++times[AskedText(seen) + seed.dump()];
  }
  EXPECT_THAT(times, SizeIs(3)) << "a server with a fixed seed gives the same answer to every attempt";
  for (const auto& [name, count] : times) EXPECT_EQ(count, 2) << name;
}

TEST(ApiTeacher, GroupsNoMoreThanItMayAndNothingThatDiffers) {
  const TestServer server(Echo);
  ApiTeacherConfig config = QuickConfig(server.url());
  config.n_per_request = 2;
  std::vector<Request> requests;
  for (int attempt = 0; attempt < 3; ++attempt) requests.push_back(ChatRequest("a", "one", attempt));
  requests.push_back(ChatRequest("b", "two"));
  requests.push_back(ChatRequest("c", "three", 0));
  requests.push_back(ChatRequest("c", "three", 1));
  requests.back().sampling.temperature = 0.5;
  for (const Reply& reply : AskAll(config, requests)) EXPECT_EQ(reply.error, "");
  std::map<std::string, int> asked;  // choices
  for (const SeenRequest& seen : server.requests()) {
    const int n = Json::parse(seen.body).value("n", 1);
    EXPECT_LE(n, AskedText(seen) == "three" ? 1 : 2);
    asked[AskedText(seen)] += n;
  }
  EXPECT_EQ(asked, (std::map<std::string, int>{{"one", 3}, {"two", 1}, {"three", 2}}));
  EXPECT_EQ(server.request_count(), 5);
}

// What the standard of server-sent events allows beside what OpenAI sends.
TEST(ApiTeacher, ReadsAnyWellFormedStream) {
  const std::string events =
      ": a comment\r\n\r\n"
      "event: message\r\nid: "
      "1\r\ndata:{\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":null}}]}"
      "\r\n\r\n: ping\n\n"
      "data: {\"choices\":[{\"index\":0,\r\ndata: \"delta\":{\"content\":\"12\"}}],\"usage\":null}\n\n"
      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}\n\ndata: [DONE]\n\n";
  const Reply reply = AskOneOf(EventReply(events), true);
  EXPECT_EQ(reply.error, "");
  EXPECT_EQ(Text(reply.completion), "12");
  EXPECT_EQ(reply.usage, (Usage{3, 4}));
}

TEST(ApiTeacher, DecodesGzip) {
  const TestServer server([](const SeenRequest& request) {
    EXPECT_THAT(request.headers.at("accept-encoding"), HasSubstr("gzip"));
    FullReply reply = Echo(request);
    reply.headers.emplace_back("Content-Encoding", "gzip");
    reply.body = Gzip(reply.body);
    return reply;
  });
  EXPECT_EQ(Text(AskOne(QuickConfig(server.url())).completion), EchoText("question"));
}

TEST(ApiTeacher, TheCardNamesEndpointAndModel) {
  const ApiTeacherConfig config = QuickConfig("http://127.0.0.1:8000/v1");
  const Card card = MakeApiTeacher(config)->card();
  EXPECT_EQ(card.kind, "api");
  EXPECT_THAT(card.name, HasSubstr("fake-1"));
  EXPECT_EQ(MakeApiTeacher(config)->card().identity, card.identity);
  ApiTeacherConfig other = config;
  other.model = "fake-2";
  EXPECT_NE(MakeApiTeacher(other)->card().identity, card.identity);
  other = config;
  other.base_url = "http://127.0.0.1:8001/v1";
  EXPECT_NE(MakeApiTeacher(other)->card().identity, card.identity);
  other = config;
  other.stop = {"END"};
  EXPECT_NE(MakeApiTeacher(other)->card().identity, card.identity) << "answers end elsewhere";
}

TEST(ApiTeacher, NothingAskedIsNothingSent) {
  const TestServer server(Echo);
  EXPECT_THAT(AskAll(QuickConfig(server.url()), {}), IsEmpty());
  EXPECT_EQ(server.connection_count(), 0);
}

}  // namespace
}  // namespace retort

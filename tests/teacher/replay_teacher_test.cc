#include "teacher/replay_teacher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "core/base/error.h"
#include "core/base/files.h"
#include "core/config/toml_text.h"
#include "tests/core/base/message_of.h"

namespace retort {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class ReplayTeacherTest : public ::testing::Test {
 protected:
  void Write(const std::string& text) {
    std::ofstream(path_, std::ios::binary | std::ios::trunc) << text;
    config_.path = path_;
  }
  std::unique_ptr<Teacher> Make() const { return MakeReplayTeacher(config_); }

  static Reply Ask(Teacher& teacher, std::vector<Message> prompt, int attempt = 0) {
    std::vector<Reply> replies;
    const Request request{.id = "q", .attempt = attempt, .prompt = std::move(prompt)};
    teacher.Ask({&request, 1}, [&](Reply reply) {
      replies.push_back(std::move(reply));
      return true;
    });
    EXPECT_EQ(replies.size(), 1u);
    EXPECT_EQ(replies.at(0).id, "q");
    EXPECT_EQ(replies.at(0).attempt, attempt);
    return replies.at(0);
  }
  static Reply Ask(Teacher& teacher, const std::string& text, int attempt = 0) {
    return Ask(teacher, std::vector<Message>{{"", text}}, attempt);
  }
  // The file's text as a teacher's: what is said of it, "" if nothing.
  std::string Problem(const std::string& text) {
    Write(text);
    return MessageOf([&] { Make(); });
  }

  TempDir dir_;
  std::string path_ = (dir_.path() / "answers.jsonl").string();
  ReplayTeacherConfig config_;
};

TEST_F(ReplayTeacherTest, AnswersPlainAndChatPrompts) {
  Write("{\"prompt\":\"1+1?\",\"completion\":\"2\"}\n{\"prompt\":\"2+2?\",\"completion\":\" 4\\n\"}\n");
  const auto teacher = Make();
  EXPECT_EQ(Ask(*teacher, "2+2?").completion, (std::vector<Message>{{"", " 4\n"}})) << "answers stay as they are";
  const Reply reply = Ask(*teacher, {{"system", "Be terse."}, {"user", "2+2?"}, {"assistant", "5"}, {"user", "1+1?"}});
  EXPECT_EQ(reply.completion, (std::vector<Message>{{"assistant", "2"}}));
  EXPECT_EQ(reply.finish_reason, "stop");
  EXPECT_EQ(reply.error, "");
  EXPECT_EQ(reply.usage, Usage{}) << "nothing was asked of anybody";
  EXPECT_EQ(teacher->scorer(), nullptr);
}

TEST_F(ReplayTeacherTest, TrimsPrompts) {
  Write("{\"prompt\":\" \\t1+1?\\n\",\"completion\":\"2\"}\n");
  const auto teacher = Make();
  EXPECT_EQ(Text(Ask(*teacher, "1+1?").completion), "2");
  EXPECT_EQ(Text(Ask(*teacher, "\n 1+1? ").completion), "2");
  EXPECT_NE(Ask(*teacher, "1 + 1?").error, "");
}

TEST_F(ReplayTeacherTest, SaysWhatIsNotThere) {
  Write("{\"prompt\":\"1+1?\",\"completion\":\"2\"}\n{\"prompt\":\"?\"}\n{\"prompt\":\"!\",\"completion\":null}\n");
  const auto teacher = Make();
  const Reply absent = Ask(*teacher, "3+3?\x1b[2J");
  EXPECT_THAT(absent.error, AllOf(HasSubstr(path_), HasSubstr("no answer to the prompt"), HasSubstr("3+3?"),
                                  HasSubstr("2 of its rows"), Not(HasSubstr("\x1b"))));
  EXPECT_TRUE(absent.completion.empty());
  EXPECT_THAT(Ask(*teacher, "1+1?", 1).error, AllOf(HasSubstr("has 1 answer to"), HasSubstr("attempt 1")));
  EXPECT_THAT(Ask(*teacher, "?").error, HasSubstr("no answer"));
  EXPECT_NE(Ask(*teacher, std::vector<Message>{}).error, "");
  EXPECT_NE(Ask(*teacher, std::vector<Message>{{"system", "1+1?"}}).error, "");
}

TEST_F(ReplayTeacherTest, AttemptsAreKeysThenRows) {
  config_.completion_keys = {"a", "b.text", "c"};
  Write(R"({"prompt":"x","a":"1","b":{"text":"2"},"c":"3"}
{"prompt":"y","a":"other"}
{"prompt":" x","b":{"text":"4"}}
{"prompt":"x","a":null,"b":{},"c":"5"}
)");
  const auto teacher = Make();
  for (int attempt = 0; attempt < 5; ++attempt) {
    EXPECT_EQ(Text(Ask(*teacher, "x", attempt).completion), std::to_string(attempt + 1));
  }
  EXPECT_THAT(Ask(*teacher, "x", 5).error, HasSubstr("has 5 answers"));
  EXPECT_EQ(Text(Ask(*teacher, "y").completion), "other");
}

TEST_F(ReplayTeacherTest, ReadsMessagesReasoningAndFinishReason) {
  config_ = {.prompt_key = "messages",
             .completion_keys = {"messages"},
             .reasoning_key = "meta.thought",
             .finish_reason_key = "meta.why"};
  Write(
      R"({"messages":[{"role":"system","content":"s"},{"role":"user","content":"first"},{"role":"assistant","content":"no"},{"role":"user","content":"last"},{"role":"assistant","content":"yes"}],"meta":{"thought":"hm","why":"length"}}
{"messages":[{"role":"user","content":"tool"},{"role":"assistant","content":null,"tool_calls":[{}]}]}
{"messages":[{"role":"user","content":"bare"},{"role":"assistant","content":"ok"}]}
)");
  const auto teacher = Make();
  const Reply reply = Ask(*teacher, "last");
  EXPECT_EQ(Text(reply.completion), "yes");
  EXPECT_EQ(reply.reasoning, "hm");
  EXPECT_EQ(reply.finish_reason, "length");
  EXPECT_EQ(Ask(*teacher, "bare").finish_reason, "") << "this row does not say";
  EXPECT_NE(Ask(*teacher, "first").error, "");
  EXPECT_NE(Ask(*teacher, "tool").error, "");
}

TEST_F(ReplayTeacherTest, AKeyMayHoldDots) {
  config_.completion_keys = {"model.v1.text"};
  Write("{\"prompt\":\"x\",\"model.v1\":{\"text\":\"yes\"}}\n{\"prompt\":\"y\",\"model.v1.text\":\"flat\"}\n");
  const auto teacher = Make();
  EXPECT_EQ(Text(Ask(*teacher, "x").completion), "yes");
  EXPECT_EQ(Text(Ask(*teacher, "y").completion), "flat");
}

TEST_F(ReplayTeacherTest, WindowsFilesEmptyLinesAndNoLastNewline) {
  Write(
      "\xEF\xBB\xBF{\"prompt\":\"a\",\"completion\":\"1\"}\r\n\r\n   \n{\"prompt\":\"b\",\"completion\":\"2\"}\r\n"
      "{\"prompt\":\"c\",\"completion\":\"3\"}");
  const auto teacher = Make();
  EXPECT_EQ(Text(Ask(*teacher, "a").completion), "1");
  EXPECT_EQ(Text(Ask(*teacher, "b").completion), "2");
  EXPECT_EQ(Text(Ask(*teacher, "c").completion), "3");
}

// Rows that straddle the blocks in which the file is read.
TEST_F(ReplayTeacherTest, FindsRowsOfAnyLength) {
  std::string text;
  for (int i = 0; i < 400; ++i) {
    text += "{\"prompt\":\"q" + std::to_string(i) + "\",\"completion\":\"" +
            std::string(static_cast<size_t>(i * 37 % 5000), 'x') + std::to_string(i) + "\"}\n";
  }
  text += "{\"prompt\":\"long\",\"completion\":\"" + std::string(3'000'000, 'y') + "\"}\n";
  Write(text);
  const auto teacher = Make();
  for (int i = 0; i < 400; ++i) {
    EXPECT_THAT(Text(Ask(*teacher, "q" + std::to_string(i)).completion),
                std::string(static_cast<size_t>(i * 37 % 5000), 'x') + std::to_string(i));
  }
  EXPECT_EQ(Text(Ask(*teacher, "long").completion).size(), 3'000'000u);
}

TEST_F(ReplayTeacherTest, StopsWhenTold) {
  Write("{\"prompt\":\"a\",\"completion\":\"1\"}\n");
  const auto teacher = Make();
  const std::vector<Request> requests(3, Request{.prompt = {{"", "a"}}});
  int replies = 0;
  teacher->Ask(requests, [&](const Reply&) { return ++replies < 2; });
  EXPECT_EQ(replies, 2);
}

TEST_F(ReplayTeacherTest, CardNamesTheFileAndTheKeys) {
  Write("{\"prompt\":\"a\",\"completion\":\"1\",\"other\":\"2\"}\n");
  const Card card = Make()->card();
  EXPECT_EQ(card.name, "answers");
  EXPECT_EQ(card.kind, "replay");
  EXPECT_EQ(card.licence, "unknown");
  EXPECT_EQ(card.training_allowed, "unknown");
  EXPECT_EQ(card.reveals, "text");
  EXPECT_THAT(card.identity, AllOf(HasSubstr("\"prompt\":\"prompt\""), HasSubstr("[\"completion\"]")));
  config_.name = "GPT-3";
  EXPECT_EQ(Make()->card().name, "GPT-3");
  EXPECT_EQ(Make()->card().identity, card.identity);
  config_.completion_keys = {"other"};
  EXPECT_NE(Make()->card().identity, card.identity);
  config_.completion_keys = {"completion"};
  fs::rename(path_, dir_.path() / "moved.jsonl");
  config_.path = (dir_.path() / "moved.jsonl").string();
  EXPECT_EQ(Make()->card().identity, card.identity) << "a path is no content";
  Write("{\"prompt\":\"a\",\"completion\":\"1\",\"other\":\"3\"}\n");
  EXPECT_NE(Make()->card().identity, card.identity);
}

TEST_F(ReplayTeacherTest, ErrorsNameTheLineAndTheKeysThatAreThere) {
  const std::string good = "{\"prompt\":\"a\",\"completion\":\"1\"}\n";
  EXPECT_THAT(Problem(good + "{\"question\":\"b\",\"answers\":{\"gpt\":\"x\"}}\n"),
              AllOf(StartsWith(path_ + ":2:"), HasSubstr("\"prompt\" is missing"), HasSubstr("\"question\""),
                    HasSubstr("\"answers.gpt\"")));
  EXPECT_THAT(Problem("\n{\"prompt\":\"b\",\"answer\":\"x\"}\n{\"prompt\":\"c\"}\n"),
              AllOf(HasSubstr("none of its 2 rows"), HasSubstr("completion_keys = [\"completion\"]"),
                    HasSubstr("on line 2"), HasSubstr("\"answer\"")));
  EXPECT_THAT(Problem(good + "{\"prompt\":null,\"completion\":\"1\"}\n"), HasSubstr("is missing"));
  EXPECT_THAT(Problem(good + "{\"prompt\":\" \\n\",\"completion\":\"1\"}\n"), HasSubstr("is empty"));
  EXPECT_THAT(Problem(good + "{\"prompt\":7,\"completion\":\"1\"}\n"),
              AllOf(StartsWith(path_ + ":2: key \"prompt\""), HasSubstr("not 7")));
  EXPECT_THAT(Problem(good + "{\"prompt\":\"b\",\"completion\":{\"text\":\"1\"}}\n"), HasSubstr("not object"));
  EXPECT_THAT(Problem(good + "{\"prompt\":\"b\",\"completion\":[\"1\"]}\n"), HasSubstr("{role, content}"));
  EXPECT_THAT(Problem(good + "{\"prompt\":[],\"completion\":\"1\"}\n"), HasSubstr("\"user\""));
  EXPECT_THAT(Problem(good + "{\"prompt\":\"b\",\"completion\":[{\"from\":\"gpt\",\"value\":\"1\"}]}\n"),
              AllOf(HasSubstr("no \"role\""), HasSubstr("\"from\" \"value\"")));
  EXPECT_THAT(Problem(good + "{\"prompt\":\"b\",\"completion\":[{\"role\":\"user\",\"content\":\"1\"}]}\n"),
              HasSubstr("\"user\""));
  EXPECT_THAT(
      Problem(good + "{\"prompt\":\"b\",\"completion\":[{\"role\":\"assistant\",\"content\":[{\"text\":\"1\"}]}]}\n"),
      HasSubstr("not array"));
}

TEST_F(ReplayTeacherTest, RefusesWhatIsNoFileOfRows) {
  const std::string good = "{\"prompt\":\"a\",\"completion\":\"1\"}\n";
  EXPECT_THAT(Problem(""), HasSubstr("has no rows"));
  EXPECT_THAT(Problem("\xEF\xBB\xBF\r\n\n"), HasSubstr("has no rows"));
  EXPECT_THAT(Problem("[\n" + good + "]\n"), AllOf(HasSubstr(":1:"), HasSubstr("several lines")));
  EXPECT_THAT(Problem("[{\"prompt\":\"a\",\"completion\":\"1\"}]\n"), HasSubstr("not array"));
  EXPECT_THAT(Problem(good + "\"text\"\n"), HasSubstr(":2:"));
  EXPECT_THAT(Problem(good + "{\"prompt\":\"b\",\"compl"), AllOf(HasSubstr(":2:"), HasSubstr("no valid JSON")));
  EXPECT_THAT(Problem(good + "{\"prompt\":\"\xFF\xFE\",\"completion\":\"1\"}\n"), HasSubstr("no valid JSON"));
  EXPECT_THAT(Problem(good + "{\"prompt\":\"\\ud800\",\"completion\":\"1\"}\n"), HasSubstr("no valid JSON"));
  EXPECT_THAT(Problem(good + "{\"prompt\":\"b\",\"prompt\":\"c\",\"completion\":\"1\"}\n"), HasSubstr("twice"));
  EXPECT_THAT(Problem(good + std::string(200'000, '[') + "\n"), HasSubstr("nested deeper"));
  EXPECT_THAT(Problem(good + std::string(1, '\0') + "\n"), HasSubstr(":2:"));
  EXPECT_THAT(Problem(good + std::string((size_t{64} << 20) + 1, 'x')),
              AllOf(HasSubstr(":2:"), HasSubstr("line over")));
  config_.path = (dir_.path() / "absent").string();
  EXPECT_THROW(Make(), Error);
  config_.path = dir_.path().string();
  EXPECT_THROW(Make(), Error);
  config_.path = "/dev/null";
  EXPECT_THROW(Make(), Error);
}

// Each prefix of a file, and each byte of it changed: an Error or a teacher, never a crash.
TEST_F(ReplayTeacherTest, SurvivesCutAndFlippedFiles) {
  const std::string text =
      "{\"prompt\":[{\"role\":\"user\",\"content\":\"a\"}],\"completion\":\"1\"}\r\n"
      "{\"prompt\":\"b\",\"completion\":[{\"role\":\"assistant\",\"content\":\"2\"}]}\n";
  const auto run = [&](const std::string& broken) {
    Write(broken);
    try {
      const auto teacher = Make();
      Ask(*teacher, "a");
      Ask(*teacher, "b", 1);
    } catch (const Error&) {
    }
  };
  for (size_t i = 0; i < text.size(); ++i) {
    run(text.substr(0, i));
    for (const char c : {'\0', '"', '\n', '\xFF'}) {
      std::string broken = text;
      broken[i] = c;
      run(broken);
    }
  }
}

TEST_F(ReplayTeacherTest, RefusesKeysThatMakeNoSense) {
  Write("{\"prompt\":\"a\",\"completion\":\"1\"}\n");
  const ReplayTeacherConfig good = config_;
  const auto problem = [&](const std::function<void(ReplayTeacherConfig&)>& change) {
    config_ = good;
    change(config_);
    try {
      Make();
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(problem([](auto&) {}), "");
  EXPECT_THAT(problem([](auto& c) { c.path = ""; }), HasSubstr("teacher.path"));
  EXPECT_THAT(problem([](auto& c) { c.prompt_key = ""; }), HasSubstr("prompt_key"));
  EXPECT_THAT(problem([](auto& c) { c.completion_keys = {}; }), HasSubstr("completion_keys"));
  EXPECT_THAT(problem([](auto& c) { c.completion_keys = {"completion", ""}; }), HasSubstr("empty key"));
  EXPECT_THAT(problem([](auto& c) { c.completion_keys = {"completion", "completion"}; }), HasSubstr("twice"));
  EXPECT_THAT(problem([](auto& c) { c.reasoning_key = "thought"; }), HasSubstr("reasoning_key = \"thought\""));
  EXPECT_THAT(problem([](auto& c) { c.finish_reason_key = "why"; }), HasSubstr("finish_reason_key = \"why\""));
  for (const char* key : {".", "..", "completion.", ".completion", "completion.x"}) {
    EXPECT_NE(problem([&](auto& c) { c.completion_keys = {key}; }), "") << key;
  }
}

TEST_F(ReplayTeacherTest, NoticesThatTheFileChanged) {
  Write("{\"prompt\":\"a\",\"completion\":\"1\"}\n");
  const auto teacher = Make();
  EXPECT_EQ(Text(Ask(*teacher, "a").completion), "1");
  {
    std::ofstream(path_, std::ios::trunc) << "{\"prompt\":\"a\",\"completion\":\"2\"}\n";
    fs::last_write_time(path_, fs::last_write_time(path_) + std::chrono::seconds(1));
  }
  EXPECT_THROW(Ask(*teacher, "a"), Error);
  const auto again = Make();
  fs::resize_file(path_, 5);
  EXPECT_THROW(Ask(*again, "a"), Error);
}

TEST_F(ReplayTeacherTest, ReplacingTheFileLeavesTheOldAnswers) {
  Write("{\"prompt\":\"a\",\"completion\":\"1\"}\n");
  const auto teacher = Make();
  WriteFileAtomic(path_, "{\"prompt\":\"a\",\"completion\":\"2\"}\n");
  EXPECT_EQ(Text(Ask(*teacher, "a").completion), "1") << "what its identity names";
}

TEST(ReplayTeacherConfigs, ShippedFilesLoad) {
  int found = 0;
  for (const auto& file : fs::directory_iterator(fs::path(RETORT_SOURCE_DIR) / "configs" / "teacher")) {
    if (!file.path().filename().string().starts_with("replay_")) continue;
    ++found;
    const std::string name = file.path().string();
    std::string text = ReadFile(file.path());
    const size_t path = text.find("\"???\"");
    ASSERT_NE(path, std::string::npos) << name << ": the path is the user's to give";
    text.replace(path, 5, "\"f\"");
    std::variant<ReplayTeacherConfig> config;
    const auto describe = [&](Describer& d) { d.OneOf("teacher", config, {"replay"}, "the teacher"); };
    FromToml("[teacher]\n" + text, name, describe);
    const auto& replay = std::get<ReplayTeacherConfig>(config);
    EXPECT_EQ(replay.prompt_key, "question") << name;
    EXPECT_THAT(replay.name, StartsWith("GPT-3 ")) << name;
    ASSERT_EQ(replay.completion_keys.size(), 1u) << name;
  }
  EXPECT_EQ(found, 4);
}

}  // namespace
}  // namespace retort

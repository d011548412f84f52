// The command line, --help, the reference page and RunMain.
#include "core/config/program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <new>
#include <sstream>

#include "core/config/toml_file.h"
#include "tests/core/base/message_of.h"
#include "tests/core/config/test_config.h"

namespace retort {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Program kProgram{.name = "few_samples", .summary = "How few samples close the gap", .config_name = "main"};

CommandLine Parse(std::vector<const char*> words, const std::vector<std::string>& own_flags = {}) {
  words.insert(words.begin(), "few_samples");
  return ParseCommandLine(kProgram, static_cast<int>(words.size()), words.data(), own_flags);
}

std::string ParseProblem(std::vector<const char*> words) {
  return MessageOf([&] { Parse(std::move(words), {"--worker"}); });
}

TEST(ParseCommandLine, Options) {
  const TempDir dir;
  const std::string folder = "--config-dir=" + dir.path().string();
  const CommandLine parsed = Parse({"a=1", folder.c_str(), "--config-name", "other", "~b", "--cfg", "job", "+c=2"});
  EXPECT_EQ(parsed.config_dir, dir.path());
  EXPECT_EQ(parsed.config_name, "other");
  EXPECT_THAT(parsed.overrides, ElementsAre("a=1", "~b", "+c=2"));
  EXPECT_EQ(parsed.action, CommandLine::Action::kPrintJob);
  EXPECT_EQ(Parse({}).config_name, "main");
  EXPECT_EQ(Parse({}).action, CommandLine::Action::kRun);
  EXPECT_EQ(Parse({"--config-name=x.toml"}).config_name, "x.toml");
  EXPECT_EQ(Parse({"--cfg=job"}).action, CommandLine::Action::kPrintJob);
  EXPECT_EQ(Parse({"--cfg=job", "-h"}).action, CommandLine::Action::kHelp);
  EXPECT_EQ(Parse({"--help", "--cfg=job"}).action, CommandLine::Action::kHelp);
  EXPECT_THAT(Parse({"--worker=3", "a=1", "--worker"}, {"--worker"}).own_flags, ElementsAre("--worker=3", "--worker"));
  EXPECT_EQ(ParseCommandLine(kProgram, 0, nullptr).config_name, "main");
}

TEST(ParseCommandLine, Problems) {
  EXPECT_EQ(ParseProblem({"-m"}), "command line: -m: few_samples makes one run; run the command once for each value");
  EXPECT_THAT(ParseProblem({"--multirun"}), HasSubstr("few_samples makes one run"));
  EXPECT_THAT(ParseProblem({"--resolve"}), HasSubstr("--resolve goes with --cfg"));
  EXPECT_THAT(ParseProblem({"-i", "config"}), HasSubstr("--info config is not supported; there is --info defaults"));
  EXPECT_EQ(ParseProblem({"--config-nam=x"}),
            "command line: unknown option \"--config-nam=x\"; did you mean --config-name?");
  EXPECT_EQ(ParseProblem({"--wroker"}), "command line: unknown option \"--wroker\"; did you mean --worker?");
  EXPECT_EQ(ParseProblem({"--zzzzzzzzz"}), "command line: unknown option \"--zzzzzzzzz\"; see --help");
  EXPECT_EQ(ParseProblem({"-x"}), "command line: unknown option \"-x\"; see --help");
  EXPECT_EQ(ParseProblem({"--config-name"}), "command line: --config-name without a value; write --config-name=VALUE");
  EXPECT_THAT(ParseProblem({"--config-name=a/b"}), HasSubstr("is no name"));
  EXPECT_THAT(ParseProblem({"--config-dir=/nonexistent/x"}), HasSubstr("--config-dir=/nonexistent/x is no folder"));
  EXPECT_EQ(ParseProblem({"--cfg=hydra"}),
            "command line: --cfg hydra is not supported; there is --cfg job and --cfg all");
}

TEST(ParseCommandLine, ShortForms) {
  const TempDir dir;
  const std::string folder = dir.path().string();
  const CommandLine parsed = Parse({"-cn", "other", "-cd", folder.c_str(), "-c", "all", "--resolve", "a=1"});
  EXPECT_EQ(parsed.config_name, "other");
  EXPECT_EQ(parsed.config_dir, dir.path());
  EXPECT_EQ(parsed.action, CommandLine::Action::kPrintAll);
  EXPECT_THAT(parsed.overrides, ElementsAre("a=1"));
  EXPECT_EQ(Parse({"-i", "defaults"}).action, CommandLine::Action::kDefaults);
  Program sweeper = kProgram;
  sweeper.sweeps = true;
  const char* const words[] = {"few_samples", "-m", "a=1,2"};
  EXPECT_TRUE(ParseCommandLine(sweeper, 3, words).multirun);
}

TEST(ParseCommandLine, ConfigDirFromTheEnvironment) {
  ASSERT_EQ(setenv("RETORT_CONFIG_DIR", "/some/where", 1), 0);
  EXPECT_EQ(Parse({}).config_dir, "/some/where");
  unsetenv("RETORT_CONFIG_DIR");
  EXPECT_EQ(Parse({}).config_dir.filename(), "configs");
}

TEST(LoadOrExit, LoadsWhatTheCommandLineSays) {
  const TempDir dir;
  WriteFileAtomic(dir.path() / "main.toml", "limit = 4\n");
  const std::string folder = "--config-dir=" + dir.path().string();
  const char* const words[] = {"few_samples", folder.c_str(), "workers=5"};
  const TestConfig config = LoadOrExit<TestConfig>(kProgram, 3, words);
  EXPECT_EQ(config.workers, 5);
  EXPECT_EQ(config.limit, 4);
}

// Runs ExitIfAnswered in a child and gives what it wrote.
std::string Answer(const CommandLine& command) {
  int ends[2];
  if (pipe(ends) != 0) return "no pipe";
  std::fflush(nullptr);  // what is buffered here must not be printed again by the child
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    TestConfig defaults;
    ExitIfAnswered(kProgram, command, [&](Describer& d) { Describe(d, defaults); });
    _exit(9);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(ends[0], buffer, sizeof(buffer))) > 0;) text.append(buffer, static_cast<size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? text : "exit " + std::to_string(status);
}

TEST(Answers, CfgJobCanBeRunAgain) {
  ConfigFolder folder;
  folder.Write("main.toml",
               "workers = 7\nname = '\\${x} ${workers} \\\\${workers} c:\\d'\n[teacher]\nkind = 'api'\nurl = 'u'\n");
  const TestConfig config = folder.Load({"limit=5"});
  EXPECT_EQ(config.name, "${x} 7 \\7 c:\\d");
  CommandLine command = folder.Command({"limit=5"});
  command.action = CommandLine::Action::kPrintJob;
  const std::string printed = Answer(command);
  EXPECT_THAT(printed, HasSubstr("workers = 7\n"));
  folder.Write("again.toml", printed);
  EXPECT_EQ(folder.Load({}, "again"), config);
}

TEST(Answers, CfgAllIsTomlWithWhatIsKnownOfHydra) {
  ConfigFolder folder;
  folder.Write("main.toml", "defaults = [{student = 'small'}]\nworkers = 7\n");
  folder.Write("student/small.toml", "max_steps = 3\n");
  CommandLine command = folder.Command({"limit=5", "name='${workers} x'"});
  command.action = CommandLine::Action::kPrintAll;
  const Node all = ParseToml(Answer(command), "all");
  EXPECT_EQ(std::get<int64_t>(Find(all, {"student", "max_steps"})->value), 3);
  EXPECT_EQ(*Find(all, {"hydra", "job", "name"})->text(), "few_samples");
  EXPECT_EQ(*Find(all, {"hydra", "job", "config_name"})->text(), "main");
  EXPECT_EQ(*Find(all, {"hydra", "job", "override_dirname"})->text(), "limit=5,name='\\${workers} x'");
  EXPECT_EQ(*Find(all, {"hydra", "overrides", "task", "0"})->text(), "limit=5");
  EXPECT_EQ(*Find(all, {"hydra", "runtime", "choices", "student"})->text(), "small");
  EXPECT_EQ(*Find(all, {"hydra", "mode"})->text(), "RUN");
}

TEST(Answers, InfoDefaultsListsTheFilesInTheirOrder) {
  ConfigFolder folder;
  folder.Write("main.toml", "defaults = [\"base\", {student = 'small'}]\n");
  folder.Write("base.toml", "");
  folder.Write("student/small.toml", "max_steps = 3\n");
  CommandLine command = folder.Command();
  command.action = CommandLine::Action::kDefaults;
  EXPECT_EQ(Answer(command),
            "Defaults List\n*************\n"
            "| Config path   | Package | _self_ | Parent |\n"
            "---------------------------------------------\n"
            "| base          |         | False  | main   |\n"
            "| student/small | student | False  | main   |\n"
            "| main          |         | True   |        |\n"
            "---------------------------------------------\n");
}

TEST(Answers, Help) {
  ConfigFolder folder;
  folder.Write("main.toml", "");
  folder.Write("smollm2.toml", "");
  folder.Write("student/small.toml", "");
  folder.Write("student/lora/thin.toml", "");
  folder.Write("models/base/config.json", "{}");
  CommandLine command = folder.Command();
  command.action = CommandLine::Action::kHelp;
  const std::string help = Answer(command);
  EXPECT_THAT(help, testing::StartsWith("few_samples: How few samples close the gap\n"));
  EXPECT_THAT(help, HasSubstr("Config file: " + folder.Path("main.toml") + "\n"));
  EXPECT_THAT(help, HasSubstr("\n  student: small\n  student/lora: thin\n"));
  EXPECT_THAT(help, HasSubstr(": main smollm2\n"));
  EXPECT_EQ(help.find("models"), std::string::npos) << "a folder without configs is no group";
  EXPECT_THAT(help, HasSubstr("\n  student.learning_rate  (number, default 0.001, 0 to 1)  peak step size of AdamW\n"));
  EXPECT_THAT(help, HasSubstr("\n  student.max_steps  (integer, default 200, steps, >= 1)  optimizer steps\n"));
  EXPECT_THAT(help, HasSubstr("\n  teacher.kind  (text, default \"local\", one of local api)  who answers\n"));
  EXPECT_THAT(help, HasSubstr("\n  teacher.url  (text, required, with teacher.kind=api)  of the server\n"));
  EXPECT_THAT(help, HasSubstr("\n  limit  (integer, may be left out, >= 1)  on items\n"));
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100u) << line;
}

TEST(Answers, ProblemsOfTheConfigStillShow) {
  ConfigFolder folder;
  folder.Write("main.toml", "workers = 0\n");
  CommandLine command = folder.Command();
  TestConfig defaults;
  const DescribeFn describe = [&](Describer& d) { Describe(d, defaults); };
  EXPECT_NO_THROW(ExitIfAnswered(kProgram, command, describe));
  command.action = CommandLine::Action::kPrintJob;
  EXPECT_THROW(ExitIfAnswered(kProgram, command, describe), Error);
}

TEST(Reference, OneRowAnOption) {
  TestConfig config;
  const std::string page = ReferenceMarkdown([&](Describer& d) { Describe(d, config); });
  EXPECT_THAT(
      page, HasSubstr("| `student.learning_rate` | number | `0.001` |  | 0 to 1 | yes | peak step size of AdamW |\n"));
  EXPECT_THAT(page, HasSubstr("| `teacher.kind` | text | `\"local\"` |  | `local`, `api` | yes | who answers |\n"));
  EXPECT_THAT(page,
              HasSubstr("| `teacher.url` | text | required |  |  | yes | of the server (with teacher.kind=api) |\n"));
  EXPECT_THAT(page, HasSubstr("| `workers` | integer | `2` |  | 1 to 64 | no | processes |\n"));
  EXPECT_EQ(std::count(page.begin(), page.end(), '\n'), 2 + 6 + 1 + 1 + 4 + 8);
}

TEST(RunMain, ExitCodesAndOneLine) {
  testing::internal::CaptureStderr();
  EXPECT_EQ(RunMain("tool", [] { return 1; }), 1);
  EXPECT_EQ(RunMain("tool", []() -> int { throw Error({.file = "f", .line = 3}, "bad", "mend it"); }), 2);
  EXPECT_EQ(RunMain("tool", []() -> int { throw std::bad_alloc(); }), 3);
  EXPECT_EQ(RunMain("tool", []() -> int { throw std::runtime_error("two\nlines"); }), 3);
  EXPECT_EQ(RunMain("tool", []() -> int { throw 5; }), 3);
  EXPECT_EQ(testing::internal::GetCapturedStderr(),
            "tool: f:3: bad; mend it\ntool: internal error: out of memory\ntool: internal error: two lines\n"
            "tool: internal error of unknown kind\n");
}

TEST(Load, IsCheapEnoughToRepeat) {
  ConfigFolder folder;
  folder.Write("main.toml", "defaults = [\"base\"]\nworkers = 3\n");
  folder.Write("base.toml", "limit = 4\n");
  CommandLine command = folder.Command({"workers=5"});
  for (int i = 0; i < 200; ++i) {
    CommandLine block = command;
    block.overrides.insert(block.overrides.begin(), "workers=" + std::to_string(i % 4 + 1));
    EXPECT_EQ(Load<TestConfig>(block).workers, 5) << "the command line stays last";
  }
}

}  // namespace
}  // namespace retort

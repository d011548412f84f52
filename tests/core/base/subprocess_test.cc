// Children: exit codes, pipes, environment, and that none outlives or blocks us.
#include "core/base/subprocess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/files.h"

namespace retort {
namespace {

using ::testing::HasSubstr;

std::vector<std::string> Shell(const std::string& script) { return {"sh", "-c", script}; }

TEST(Subprocess, ExitCodesAndSignals) {
  EXPECT_EQ(Subprocess({"true"}, {}).Wait(), 0);
  EXPECT_EQ(Subprocess(Shell("exit 7"), {}).Wait(), 7);
  EXPECT_EQ(Subprocess(Shell("kill -9 $$"), {}).Wait(), 128 + 9);
  Subprocess child(Shell("exit 3"), {});
  EXPECT_EQ(child.Wait(), 3);
  EXPECT_EQ(child.Wait(), 3);
  EXPECT_EQ(child.Poll(), 3);
}

TEST(Subprocess, AMissingProgramIsAnError) {
  for (const char* program : {"no-such-program-here", "/no/such/file", "/etc/passwd", "/"}) {
    try {
      Subprocess child({program}, {});
      FAIL() << program;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr(std::string("cannot start ") + program));
    }
    EXPECT_THROW(RunCommand({program}), Error);
  }
}

TEST(Subprocess, PollAndKill) {
  Subprocess child({"sleep", "100"}, {});
  EXPECT_EQ(child.Poll(), std::nullopt);
  child.Kill(SIGTERM);
  EXPECT_EQ(child.Wait(), 128 + SIGTERM);
}

TEST(Subprocess, TheDestructorEndsTheChild) {
  pid_t pid = 0;
  {
    Subprocess child({"sleep", "100"}, {});
    pid = child.pid();
    Subprocess moved = std::move(child);
    EXPECT_EQ(kill(pid, 0), 0);
  }
  EXPECT_EQ(kill(pid, 0), -1);  // reaped, too
}

TEST(Subprocess, LinesInAndOut) {
  Subprocess child({"cat"}, {.pipe_stdin = true, .pipe_stdout = true});
  EXPECT_TRUE(child.WriteLine("hello"));
  std::array<char, 64> buffer{};
  ASSERT_EQ(read(child.stdout_fd(), buffer.data(), buffer.size()), 6);
  EXPECT_STREQ(buffer.data(), "hello\n");
  child.CloseStdin();
  EXPECT_EQ(child.Wait(), 0);
}

TEST(Subprocess, WritingToAChildThatIsGone) {
  Subprocess child({"true"}, {.pipe_stdin = true});
  EXPECT_EQ(child.Wait(), 0);
  EXPECT_FALSE(child.WriteLine("anyone?"));
}

TEST(Subprocess, EnvironmentIsAddedAndReplaced) {
  ASSERT_EQ(setenv("RETORT_TEST_KEPT", "kept", 1), 0);
  ASSERT_EQ(setenv("RETORT_TEST_CHANGED", "old", 1), 0);
  const TempDir dir;
  const auto out = dir.path() / "err";
  Subprocess child(Shell("env | grep RETORT_TEST_ | sort >&2"),
                   {.stderr_file = out, .env = {"RETORT_TEST_CHANGED=new", "RETORT_TEST_ADDED=a=b"}});
  EXPECT_EQ(child.Wait(), 0);
  EXPECT_EQ(ReadFile(out), "RETORT_TEST_ADDED=a=b\nRETORT_TEST_CHANGED=new\nRETORT_TEST_KEPT=kept\n");
}

TEST(Subprocess, StderrIsAppendedToItsFile) {
  const TempDir dir;
  const auto file = dir.path() / "log";
  for (int i = 0; i < 2; ++i) EXPECT_EQ(Subprocess(Shell("echo said >&2"), {.stderr_file = file}).Wait(), 0);
  EXPECT_EQ(ReadFile(file), "said\nsaid\n");
  EXPECT_THROW(Subprocess({"true"}, {.stderr_file = dir.path() / "no" / "folder"}), Error);
}

TEST(Subprocess, NoDescriptorsLeak) {
  const auto open_files = [] { return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}); };
  const auto before = open_files();
  for (int i = 0; i < 3; ++i) {
    RunCommand({"cat"}, "x");
    EXPECT_THROW(RunCommand({"no-such-program-here"}), Error);
  }
  EXPECT_EQ(open_files(), before);
}

// A child does not see our pipes: with the write end held by a sibling, `cat` would wait for ever.
TEST(Subprocess, SiblingsDoNotHoldEachOthersPipes) {
  Subprocess first({"cat"}, {.pipe_stdin = true});
  Subprocess second({"sleep", "100"}, {});
  first.CloseStdin();
  EXPECT_EQ(first.Wait(), 0);
}

TEST(Subprocess, DiesWithItsParent) {
  std::array<int, 2> pipe_ends{};
  ASSERT_EQ(pipe(pipe_ends.data()), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    Subprocess child({"sleep", "100"}, {});
    const pid_t pid = child.pid();
    if (write(pipe_ends[1], &pid, sizeof pid) < 0) _exit(1);
    for (;;) pause();
  }
  pid_t grandchild = 0;
  ASSERT_EQ(read(pipe_ends[0], &grandchild, sizeof grandchild), static_cast<ssize_t>(sizeof grandchild));
  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  // Gone, or a zombie that whoever adopts it has yet to reap.
  const auto alive = [&] {
    try {
      const std::string stat = ReadFile("/proc/" + std::to_string(grandchild) + "/stat");
      return stat.find(") Z ") == std::string::npos;
    } catch (const Error&) {
      return false;
    }
  };
  for (int i = 0; i < 500 && alive(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  EXPECT_FALSE(alive());
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

TEST(RunCommand, OutputOfBothStreamsAndExitCode) {
  const CommandResult result = RunCommand(Shell("echo out; echo err >&2; exit 5"));
  EXPECT_EQ(result.exit_code, 5);
  EXPECT_EQ(result.output, "out\nerr\n");
  EXPECT_EQ(RunCommand({"echo", "a b", "$HOME", "*"}).output, "a b $HOME *\n");  // no shell in between
}

TEST(RunCommand, AMegabyteInAndOut) {
  std::string input;
  for (int i = 0; i < 1 << 20; ++i) input += static_cast<char>(i * 31 + i / 256);
  const CommandResult result = RunCommand({"cat"}, input);
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_TRUE(result.output == input);
}

TEST(RunCommand, AChildThatDoesNotReadItsInput) {
  EXPECT_EQ(RunCommand({"true"}, std::string(1 << 20, 'x')).exit_code, 0);
  EXPECT_EQ(RunCommand(Shell("head -c 3"), std::string(1 << 20, 'x')).output, "xxx");
}

// Output closed, input still read: whoever waits for the child without closing its input waits for ever.
TEST(RunCommand, AChildThatClosesItsOutputFirst) {
  EXPECT_EQ(RunCommand(Shell("exec >&- 2>&-; cat > /dev/null; exit 4"), std::string(1 << 20, 'x')).exit_code, 4);
}

TEST(RunCommand, ChildrenSeeABrokenPipe) {
  const double start = MonotonicSeconds();
  EXPECT_EQ(RunCommand(Shell("yes | head -n 1")).output, "y\n");  // `yes` ends by SIGPIPE, in silence
  EXPECT_LT(MonotonicSeconds() - start, 30);
}

}  // namespace
}  // namespace retort

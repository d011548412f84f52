// Files that survive crashes and other processes.
#include "core/base/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "core/base/error.h"
#include "tests/core/base/message_of.h"

namespace retort {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

void Put(const fs::path& path, std::string_view bytes) { std::ofstream(path, std::ios::binary) << bytes; }

std::vector<std::string> Lines(const fs::path& path) {
  std::vector<std::string> lines;
  ForEachLine(path, [&](std::string_view line, int number) {
    EXPECT_EQ(number, static_cast<int>(lines.size()) + 1);
    lines.emplace_back(line);
    return true;
  });
  return lines;
}

// Runs `body` in a child process; its return value is the exit code.
int InChild(const std::function<int()>& body) {
  const pid_t pid = fork();
  if (pid == 0) _exit(body());
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void LimitFileSize(rlim_t bytes) {
  signal(SIGXFSZ, SIG_IGN);
  const rlimit limit{bytes, bytes};
  setrlimit(RLIMIT_FSIZE, &limit);
}

TEST(ReadFile, RoundTripOfAnyBytes) {
  const TempDir dir;
  std::string bytes;
  for (int i = 0; i < 300000; ++i) bytes += static_cast<char>(i * 7);
  WriteFileAtomic(dir.path() / "deep" / "er" / "file", bytes);
  EXPECT_EQ(ReadFile(dir.path() / "deep" / "er" / "file"), bytes);
  EXPECT_EQ(MappedFile(dir.path() / "deep" / "er" / "file").bytes(), bytes);
}

TEST(ReadFile, SaysWhatIsWrong) {
  const TempDir dir;
  EXPECT_THAT(MessageOf([&] { ReadFile(dir.path() / "none"); }), HasSubstr("none: cannot read: No such file"));
  EXPECT_THAT(MessageOf([&] { ReadFile(dir.path()); }), HasSubstr("is a folder"));
  EXPECT_THAT(MessageOf([&] { MappedFile map(dir.path()); }), HasSubstr("no regular file"));
  Put(dir.path() / "five", "12345");
  EXPECT_EQ(ReadFile(dir.path() / "five", 5), "12345");
  EXPECT_THAT(MessageOf([&] { ReadFile(dir.path() / "five", 4); }), HasSubstr("more than 4 bytes"));
  EXPECT_THAT(MessageOf([&] { ReadFile("/dev/zero", 1000); }), HasSubstr("more than 1000 bytes"));
}

TEST(WriteFileAtomic, ReplacesAndLeavesNothingElse) {
  const TempDir dir;
  WriteFileAtomic(dir.path() / "f", "old");
  WriteFileAtomic(dir.path() / "f", "new");
  EXPECT_EQ(ReadFile(dir.path() / "f"), "new");
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), {}), 1);
  struct stat status {};
  stat((dir.path() / "f").c_str(), &status);
  EXPECT_EQ(status.st_mode & 0777, 0644u);
}

TEST(WriteFileAtomic, KeepsTheOldFileWhenTheDiskIsFull) {
  const TempDir dir;
  WriteFileAtomic(dir.path() / "f", "old");
  const int code = InChild([&] {
    LimitFileSize(1000);
    return MessageOf([&] { WriteFileAtomic(dir.path() / "f", std::string(5000, 'x')); }).find("cannot write") ==
                   std::string::npos
               ? 1
               : 0;
  });
  EXPECT_EQ(code, 0);
  EXPECT_EQ(ReadFile(dir.path() / "f"), "old");
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), {}), 1) << "the temporary file stays";
}

TEST(WriteFileAtomic, SaysWhatIsWrong) {
  const TempDir dir;
  Put(dir.path() / "file", "");
  EXPECT_THAT(MessageOf([&] { WriteFileAtomic(dir.path() / "file" / "x", "y"); }), HasSubstr("cannot make the folder"));
  fs::create_directory(dir.path() / "folder");
  Put(dir.path() / "folder" / "inside", "");
  EXPECT_THAT(MessageOf([&] { WriteFileAtomic(dir.path() / "folder", "y"); }), HasSubstr("cannot write"));
  EXPECT_EQ(std::distance(fs::directory_iterator(dir.path()), {}), 2);
}

// A reader that looks all the while sees one whole content or the other.
TEST(WriteFileAtomic, NeverShowsAPart) {
  const TempDir dir;
  const fs::path path = dir.path() / "f";
  const std::string a(100000, 'a'), b(200000, 'b');
  WriteFileAtomic(path, a);
  const pid_t writer = fork();
  if (writer == 0) {
    for (int i = 0; i < 40; ++i) WriteFileAtomic(path, i % 2 == 0 ? b : a);
    _exit(0);
  }
  int status = 0;
  while (waitpid(writer, &status, WNOHANG) == 0) {
    const std::string seen = ReadFile(path);
    ASSERT_TRUE(seen == a || seen == b);
  }
  EXPECT_EQ(status, 0);
}

TEST(ForEachLine, LinesEndsAndLimits) {
  const TempDir dir;
  const fs::path path = dir.path() / "f";
  Put(path, "a\r\n\nb\n" + std::string(100000, 'c') + "\nlast");
  EXPECT_THAT(Lines(path), ElementsAre("a", "", "b", std::string(100000, 'c'), "last"));
  Put(path, "");
  EXPECT_THAT(Lines(path), ElementsAre());
  Put(path, "\n");
  EXPECT_THAT(Lines(path), ElementsAre(""));
  Put(path, std::string("nul\0inside\n", 11));
  EXPECT_THAT(Lines(path), ElementsAre(std::string("nul\0inside", 10)));
  Put(path, "short\n" + std::string(70000, 'x') + "\n");
  EXPECT_THAT(MessageOf([&] {
                ForEachLine(
                    path, [](auto, int) { return true; }, 69999);
              }),
              HasSubstr("f:2: line over 69999 bytes"));
  int seen = 0;
  ForEachLine(path, [&](auto, int) { return ++seen < 1; });
  EXPECT_EQ(seen, 1);
  EXPECT_THROW(Lines(dir.path()), Error);
}

TEST(LineAppender, CutsATornTail) {
  const TempDir dir;
  const fs::path path = dir.path() / "log" / "f";
  {
    LineAppender out(path);
    out.Append("one");
    out.Append("two");
    out.Sync();
  }
  const std::string whole = ReadFile(path);
  for (size_t size = 0; size <= whole.size(); ++size) {
    Put(path, whole.substr(0, size));
    { LineAppender(path).Append("next"); }
    std::string expected = whole.substr(0, size);
    expected.erase(expected.rfind('\n') + 1);
    EXPECT_EQ(ReadFile(path), expected + "next\n") << "cut at " << size;
  }
}

TEST(LineAppender, TornTailLongerThanTheBuffer) {
  const TempDir dir;
  const fs::path path = dir.path() / "f";
  for (const size_t size : {65535u, 65536u, 65537u, 200000u}) {
    Put(path, "good\n" + std::string(size, 'x'));
    { LineAppender(path).Append("next"); }
    EXPECT_THAT(Lines(path), ElementsAre("good", "next"));
    Put(path, std::string(size, 'x'));
    { LineAppender(path).Append("next"); }
    EXPECT_THAT(Lines(path), ElementsAre("next"));
  }
}

TEST(LineAppender, AFullDiskLeavesWholeLines) {
  const TempDir dir;
  const fs::path path = dir.path() / "f";
  const int code = InChild([&] {
    LineAppender out(path);
    out.Append("good");
    LimitFileSize(100);
    return MessageOf([&] { out.Append(std::string(500, 'x')); }).find("cannot write") == std::string::npos ? 1 : 0;
  });
  EXPECT_EQ(code, 0);
  EXPECT_EQ(ReadFile(path), "good\n");
}

TEST(LineAppender, SeveralProcessesDoNotMixLines) {
  const TempDir dir;
  const fs::path path = dir.path() / "f";
  std::array<LineAppender, 3> out = {LineAppender(path), LineAppender(path), LineAppender(path)};
  std::vector<pid_t> children;
  for (size_t k = 0; k < out.size(); ++k) {
    children.push_back(fork());
    if (children.back() == 0) {
      for (int i = 0; i < 200; ++i) out[k].Append(std::string(300, "abc"[k]));
      _exit(0);
    }
  }
  for (const pid_t child : children) waitpid(child, nullptr, 0);
  const auto lines = Lines(path);
  EXPECT_EQ(lines.size(), 600u);
  for (const std::string& line : lines) EXPECT_EQ(line, std::string(300, line.at(0)));
}

TEST(LineAppender, SaysWhatIsWrong) {
  const TempDir dir;
  EXPECT_THAT(MessageOf([&] { LineAppender out(dir.path()); }), HasSubstr("cannot append"));
}

TEST(FileLock, KeepsASecondHolderOff) {
  const TempDir dir;
  const fs::path path = dir.path() / "locks" / "cell";
  {
    const auto held = FileLock::Try(path);
    ASSERT_TRUE(held);
    EXPECT_FALSE(FileLock::Try(path));
    EXPECT_EQ(InChild([&] { return FileLock::Try(path) ? 1 : 0; }), 0);
  }
  EXPECT_TRUE(FileLock::Try(path));
  EXPECT_EQ(InChild([&] { return FileLock::Try(path) ? 0 : 1; }), 0);
}

TEST(FileLock, MovesWithItsOwner) {
  const TempDir dir;
  const fs::path path = dir.path() / "cell";
  auto held = FileLock::Try(path);
  ASSERT_TRUE(held);
  std::optional<FileLock> other = std::move(*held);
  held.reset();
  EXPECT_FALSE(FileLock::Try(path));
  other.reset();
  EXPECT_TRUE(FileLock::Try(path));
}

TEST(FileLock, AKilledProcessHoldsNothing) {
  const TempDir dir;
  const fs::path path = dir.path() / "cell";
  std::array<int, 2> ready{};
  ASSERT_EQ(pipe(ready.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    const auto held = FileLock::Try(path);
    if (write(ready[1], "x", 1) != 1) _exit(1);
    for (;;) pause();
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  EXPECT_FALSE(FileLock::Try(path));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  const FileLock held = FileLock::Wait(path);
  EXPECT_FALSE(FileLock::Try(path));
  close(ready[0]);
  close(ready[1]);
}

// Four processes add 1 to a number in a file fifty times each.
TEST(FileLock, WaitGivesMutualExclusion) {
  const TempDir dir;
  const fs::path path = dir.path() / "number";
  Put(path, "0");
  std::vector<pid_t> children;
  for (int i = 0; i < 4; ++i) {
    children.push_back(fork());
    if (children.back() == 0) {
      for (int k = 0; k < 50; ++k) {
        const FileLock held = FileLock::Wait(dir.path() / "lock");
        const int value = std::stoi(ReadFile(path));
        Put(path, std::to_string(value + 1));
      }
      _exit(0);
    }
  }
  for (const pid_t child : children) waitpid(child, nullptr, 0);
  EXPECT_EQ(ReadFile(path), "200");
}

TEST(TempDir, IsRemovedWithAllItHolds) {
  fs::path path;
  {
    const TempDir dir;
    path = dir.path();
    WriteFileAtomic(path / "a" / "b", "x");
    EXPECT_TRUE(fs::exists(path / "a" / "b"));
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(MappedFile, AnEmptyFileIsAnEmptyView) {
  const TempDir dir;
  Put(dir.path() / "f", "");
  EXPECT_EQ(MappedFile(dir.path() / "f").bytes(), "");
}

}  // namespace
}  // namespace retort

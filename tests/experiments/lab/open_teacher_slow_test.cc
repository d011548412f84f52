// A teacher whose weights are at hand is asked where there is no network at all, and nobody outside sees a request. The
// provider here is a socket that waits for connections; that it would see one is shown first.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "core/base/files.h"
#include "core/base/subprocess.h"

namespace retort::lab {
namespace {

using ::testing::HasSubstr;

// Counts whoever tries to connect, and answers nobody.
class SilentProvider {
 public:
  SilentProvider() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): what the interface of sockets asks for
    if (bind(socket_, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(socket_, 64) != 0) std::abort();
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
    port_ = ntohs(address.sin_port);
  }
  ~SilentProvider() { close(socket_); }
  SilentProvider(const SilentProvider&) = delete;
  SilentProvider& operator=(const SilentProvider&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1"; }
  int Connections() const {  // since the last call
    int count = 0;
    for (pollfd fd{socket_, POLLIN, 0}; poll(&fd, 1, 0) > 0; ++count) close(accept(socket_, nullptr, nullptr));
    return count;
  }

 private:
  int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
};

class OpenTeacherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("no_proxy", "*", 1);  // what is asked here is on this machine
    if (RunCommand({"unshare", "-rn", "true"}).exit_code != 0) {
      GTEST_SKIP() << "no empty network namespace: unshare -rn is not permitted here";
    }
  }

  CommandResult Run(bool isolated, const std::string& name, std::vector<std::string> more) const {
    std::vector<std::string> words;
    if (isolated) words = {"unshare", "-rn"};
    for (const std::string& word :
         {std::string(RETORT_BINARY_DIR "/open_teacher"), std::string("blocks=[]"), std::string("n=[4]"),
          std::string("seeds=1"), std::string("evaluation.held_out=20"), std::string("evaluation.retained=0"),
          std::string("student.trainer.max_steps=2"), std::string("workers=1"),
          "runs_dir=" + (dir_.path() / name).string(), "output_dir=" + (dir_.path() / (name + "-out")).string()}) {
      words.push_back(word);
    }
    words.insert(words.end(), more.begin(), more.end());
    return RunCommand(words);
  }
  std::string File(const std::string& name) const { return ReadFile(dir_.path() / name); }

  TempDir dir_;
};

TEST_F(OpenTeacherTest, RunsWithoutANetworkAndGivesTheSameNumbers) {
  const CommandResult isolated = Run(true, "isolated", {"arms=[raw,filtered]"});
  ASSERT_EQ(isolated.exit_code, 0) << isolated.output;
  EXPECT_THAT(File("isolated-out/index.html"), HasSubstr("had no network"));
  const CommandResult open = Run(false, "open", {"arms=[raw,filtered]"});
  ASSERT_EQ(open.exit_code, 0) << open.output;
  EXPECT_EQ(File("isolated-out/cells.csv"), File("open-out/cells.csv"));
  EXPECT_EQ(File("isolated-out/requests.csv"), File("open-out/requests.csv"));
}

TEST_F(OpenTeacherTest, AProviderSeesWhoeverAsksItAndNobodyInAnEmptyNamespace) {
  const SilentProvider provider;
  const std::vector<std::string> api = {"teacher=api",
                                        "teacher.base_url=" + provider.url(),
                                        "teacher.model=any",
                                        "teacher.max_retries=0",
                                        "teacher.connect_timeout=2",
                                        "teacher.first_byte_timeout=1",
                                        "teacher.total_timeout=2",
                                        "arms=[raw]"};
  EXPECT_NE(Run(false, "asks", api).exit_code, 0) << "it answers nobody";
  EXPECT_GT(provider.Connections(), 0);
  EXPECT_NE(Run(true, "isolated", api).exit_code, 0);
  EXPECT_EQ(provider.Connections(), 0);
  const CommandResult local = Run(false, "local", {"arms=[raw]"});
  EXPECT_EQ(local.exit_code, 0) << local.output;
  EXPECT_EQ(provider.Connections(), 0) << "a teacher at hand asks nobody, with a network or without";
}

TEST_F(OpenTeacherTest, ALoggedTeacherLeavesALineForEachRequest) {
  const std::string folder = (dir_.path() / "log").string();
  const CommandResult logged =
      Run(true, "logged", {"arms=[raw]", "n=[12]", "+policies=logged", "policies.log.folder=" + folder});
  ASSERT_EQ(logged.exit_code, 0) << logged.output;
  int lines = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".jsonl") continue;
    ForEachLine(entry.path(), [&](std::string_view line, int) {
      lines += line.starts_with("{\"record\"") ? 1 : 0;
      return true;
    });
  }
  EXPECT_EQ(lines, 12 + 20) << "the samples, and the held-out items that the teacher's own score takes";
}

}  // namespace
}  // namespace retort::lab

#include "core/base/subprocess.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

#include "core/base/error.h"

namespace retort {
namespace {

// The status went to someone else (SIGCHLD ignored by whoever started us): never to be taken for success.
constexpr int kLost = 127;

void CloseFd(int& fd) {
  if (fd >= 0) close(std::exchange(fd, -1));
}

std::array<int, 2> MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw Error(fmt::format("cannot make a pipe: {}", std::strerror(errno)));
  return ends;
}

// Our environment with `added` on top, for exec: setting variables after fork would allocate.
std::vector<char*> MergedEnvironment(const std::vector<std::string>& added) {
  const auto name = [](std::string_view pair) { return pair.substr(0, pair.find('=')); };
  std::vector<char*> merged;
  for (char** pair = environ; *pair != nullptr; ++pair) {
    if (std::ranges::none_of(added, [&](const auto& ours) { return name(ours) == name(*pair); })) {
      merged.push_back(*pair);
    }
  }
  for (const std::string& pair : added) merged.push_back(const_cast<char*>(pair.c_str()));
  merged.push_back(nullptr);
  return merged;
}

int ExitCode(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

}  // namespace

Subprocess::Subprocess(const std::vector<std::string>& argv, const Options& options) {
  assert(!argv.empty());
  // Everything that allocates happens before fork.
  std::vector<char*> args;
  args.reserve(argv.size() + 1);
  for (const std::string& arg : argv) args.push_back(const_cast<char*>(arg.c_str()));
  args.push_back(nullptr);
  std::vector<char*> env = MergedEnvironment(options.env);
  cpu_set_t cores;
  CPU_ZERO(&cores);
  for (const int core : options.cores) CPU_SET(core, &cores);
  int stderr_fd = -1;
  if (!options.stderr_file.empty()) {
    stderr_fd = open(options.stderr_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (stderr_fd < 0) {
      throw Error({.file = options.stderr_file.string()}, fmt::format("cannot write: {}", std::strerror(errno)));
    }
  }
  std::array<int, 2> in = {-1, -1}, out = {-1, -1};
  if (options.pipe_stdin) in = MakePipe();
  if (options.pipe_stdout) out = MakePipe();
  std::array<int, 2> failure = MakePipe();  // closed by a successful exec
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
    if (in[0] >= 0) dup2(in[0], STDIN_FILENO);
    if (out[1] >= 0) dup2(out[1], STDOUT_FILENO);
    if (stderr_fd >= 0) dup2(stderr_fd, STDERR_FILENO);
    if (options.stdout_to_stderr) dup2(STDERR_FILENO, STDOUT_FILENO);
    if (options.stderr_to_stdout) dup2(STDOUT_FILENO, STDERR_FILENO);
    if (!options.cores.empty()) sched_setaffinity(0, sizeof cores, &cores);  // a core that was taken away: any will do
    signal(SIGPIPE, SIG_DFL);  // an ignored signal would stay ignored through exec
    execvpe(args[0], args.data(), env.data());
    const int reason = errno;
    if (write(failure[1], &reason, sizeof reason) < 0) _exit(126);
    _exit(127);
  }
  const int fork_errno = errno;
  CloseFd(in[0]);
  CloseFd(out[1]);
  CloseFd(stderr_fd);
  CloseFd(failure[1]);
  stdin_fd_ = in[1];
  stdout_fd_ = out[0];
  int reason = pid_ < 0 ? fork_errno : 0;
  if (pid_ > 0) {
    while (read(failure[0], &reason, sizeof reason) < 0 && errno == EINTR) {
    }
  }
  CloseFd(failure[0]);
  if (reason != 0) {
    if (pid_ > 0) waitpid(pid_, nullptr, 0);
    CloseFd(stdin_fd_);
    CloseFd(stdout_fd_);
    throw Error(fmt::format("cannot start {}: {}", argv[0], std::strerror(reason)));
  }
}

Subprocess::Subprocess(Subprocess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      stdin_fd_(std::exchange(other.stdin_fd_, -1)),
      stdout_fd_(std::exchange(other.stdout_fd_, -1)),
      exit_code_(other.exit_code_) {}

Subprocess::~Subprocess() {
  CloseFd(stdin_fd_);
  if (pid_ > 0 && !Poll()) {
    Kill(SIGKILL);
    Wait();
  }
  CloseFd(stdout_fd_);
}

bool Subprocess::WriteLine(std::string_view line) {
  std::string text(line);
  text += '\n';
  // A child that is gone must not end us by SIGPIPE.
  static const bool ignored = [] { return signal(SIGPIPE, SIG_IGN) != SIG_ERR; }();
  (void)ignored;
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t n = write(stdin_fd_, rest.data(), rest.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    rest.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

void Subprocess::CloseStdin() { CloseFd(stdin_fd_); }

std::optional<int> Subprocess::Poll() {
  if (exit_code_ || pid_ <= 0) return exit_code_;
  int status = 0;
  const pid_t ended = waitpid(pid_, &status, WNOHANG);
  if (ended == pid_) exit_code_ = ExitCode(status);
  if (ended < 0 && errno != EINTR) exit_code_ = kLost;
  return exit_code_;
}

int Subprocess::Wait() {
  if (exit_code_) return *exit_code_;
  int status = 0;
  pid_t ended;
  while ((ended = waitpid(pid_, &status, 0)) < 0 && errno == EINTR) {
  }
  exit_code_ = ended < 0 ? kLost : ExitCode(status);
  return *exit_code_;
}

void Subprocess::Kill(int signal) {
  if (pid_ > 0 && !exit_code_) kill(pid_, signal);
}

std::string ShellWord(std::string_view word) {
  constexpr std::string_view kSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%";
  if (!word.empty() && word.find_first_not_of(kSafe) == std::string_view::npos) return std::string(word);
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

CommandResult RunCommand(const std::vector<std::string>& argv, std::string_view input) {
  Subprocess child(argv, {.pipe_stdin = true, .pipe_stdout = true, .stderr_to_stdout = true});
  signal(SIGPIPE, SIG_IGN);
  CommandResult result;
  // Feed and drain together, so that neither side waits for the other.
  size_t sent = 0;
  std::array<char, 65536> buffer{};
  if (input.empty()) child.CloseStdin();
  const int in = input.empty() ? -1 : child.stdin_fd_;
  if (in >= 0) fcntl(in, F_SETFL, fcntl(in, F_GETFL) | O_NONBLOCK);
  for (;;) {
    std::array<pollfd, 2> fds = {pollfd{child.stdout_fd(), POLLIN, 0},
                                 pollfd{sent < input.size() ? in : -1, POLLOUT, 0}};
    if (poll(fds.data(), fds.size(), -1) < 0) {
      if (errno == EINTR) continue;
      break;
    }
    if (fds[1].revents != 0) {
      const ssize_t n = write(in, input.data() + sent, input.size() - sent);
      if (n > 0) sent += static_cast<size_t>(n);
      if (n < 0 && errno != EAGAIN && errno != EINTR) sent = input.size();
      if (sent == input.size()) child.CloseStdin();
    }
    if (fds[0].revents != 0) {
      const ssize_t n = read(child.stdout_fd(), buffer.data(), buffer.size());
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      result.output.append(buffer.data(), static_cast<size_t>(n));
    }
  }
  child.CloseStdin();  // a child that closed its output may still wait for the end of its input
  result.exit_code = child.Wait();
  return result;
}

}  // namespace retort

// Child processes: start, feed, wait, kill. A child dies with its parent (PR_SET_PDEATHSIG), so no worker outlives a
// killed run. (The kernel ties it to the thread that started it: start children from a thread that stays.)
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace retort {

struct CommandResult {
  int exit_code = 0;
  std::string output;  // stdout and stderr
};

class Subprocess {
 public:
  struct Options {
    bool pipe_stdin = false, pipe_stdout = false;  // else inherited
    bool stderr_to_stdout = false;                 // stderr joins stdout
    bool stdout_to_stderr = false;                 // the reverse
    std::filesystem::path stderr_file;             // appended to; empty = inherited
    std::vector<std::string> env;                  // "NAME=value", added to ours
    std::vector<int> cores;                        // that it may run on; empty: ours
  };
  // argv[0] is looked up in PATH. Throws Error if it cannot be started.
  Subprocess(const std::vector<std::string>& argv, const Options& options);
  ~Subprocess();  // kills and reaps a child that still runs
  Subprocess(Subprocess&& other) noexcept;
  Subprocess& operator=(Subprocess&&) = delete;

  bool WriteLine(std::string_view line);  // false: the child has closed its input
  void CloseStdin();
  int stdout_fd() const { return stdout_fd_; }  // for poll(); -1 if not piped
  std::optional<int> Poll();                    // exit code once it has ended; 128 + signal if killed
  int Wait();
  void Kill(int signal);
  pid_t pid() const { return pid_; }

 private:
  friend CommandResult RunCommand(const std::vector<std::string>& argv, std::string_view input);
  pid_t pid_ = -1;
  int stdin_fd_ = -1, stdout_fd_ = -1;
  std::optional<int> exit_code_;
};

// The word as a shell reads it back: in single quotes where it needs them.
std::string ShellWord(std::string_view word);

// Runs to the end with `input` on stdin. Throws Error if the program cannot be started.
CommandResult RunCommand(const std::vector<std::string>& argv, std::string_view input = {});

}  // namespace retort

// What a running experiment says about itself to other shells: runs_dir/status/<host>-<pid>.json, written anew every
// second, gone when it ends.
#pragma once

#include <filesystem>
#include <string>

namespace retort::lab {

class StatusFile {
 public:
  StatusFile(const std::filesystem::path& runs_dir, std::string experiment, std::string command);
  ~StatusFile();
  StatusFile(const StatusFile&) = delete;
  StatusFile& operator=(const StatusFile&) = delete;
  // `line` as on the terminal. A folder that cannot be written to is passed over: the run matters more.
  void Say(const std::string& line);

 private:
  std::filesystem::path file_;
  std::string experiment_, command_, started_utc_;
  double last_ = -1;
};

// A line for each experiment that runs on this store, for --status. Files of processes that died are removed where that
// can be known: those of this machine.
std::string StatusText(const std::filesystem::path& runs_dir);

}  // namespace retort::lab

// The frame of an experiment without cells: a simulation that runs in this process and ends in a page. It loads the
// config, names the output folder, shows a progress bar on stderr, and writes page, tables and data; the experiment
// brings its config, what it computes, and what the page says.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/config/program.h"
#include "core/report/page_files.h"

namespace retort::lab {

class SimulationRun {
 public:
  SimulationRun(const Program& program, CommandLine command_line, std::string command, const std::string& output_dir);
  ~SimulationRun();
  SimulationRun(const SimulationRun&) = delete;
  SimulationRun& operator=(const SimulationRun&) = delete;

  const CommandLine& command_line() const { return command_line_; }
  // "chat: reading a month [######....] 61 %  about 12 s left". False once the user has asked to stop.
  bool Tell(const std::string& what, double share);
  // Writes everything into the output folder and prints verdicts and `summary`. Fills what the page cannot know: the
  // command, the version, the date.
  int Stopped();  // says so; its exit code
  int Finish(PageContent content, const std::vector<DataTable>& data, const std::string& config_toml,
             const std::string& summary);

 private:
  void Clear();

  std::string name_, command_, what_;
  CommandLine command_line_;
  std::filesystem::path folder_;
  bool terminal_, shown_ = false;
  double start_ = 0, last_shown_ = 0;
};

// The whole of main(). `describe` binds the experiment's config; `output_dir` is its field for the folder, read once it
// is bound (empty: outputs/<name>/<date>/<time>). `body` returns the exit code.
int SimulationMain(const Program& program, int argc, const char* const* argv, const DescribeFn& describe,
                   const std::string& output_dir, const std::function<int(SimulationRun&)>& body);

}  // namespace retort::lab

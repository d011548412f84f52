// An experiment whose cells cost nothing, for tests of the lab as processes. $FAKE tells the cells with n = N how to
// behave: "fail:N" throws, "once:N" the first time only, "die:N" aborts, "sleep:N" takes a minute, "large:N" that and
// 512 MB, "slow" makes every cell take 50 ms, "rates" makes the learning rate matter, "noisy" the seed. Each computed
// cell adds a line to $FAKE_LOG.
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "core/base/error.h"
#include "core/base/files.h"
#include "experiments/arms/arms.h"
#include "experiments/design/experiment.h"
#include "experiments/lab/lab.h"

namespace retort::lab {
namespace {

std::string Env(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

CellResult FakeCell(const CellRun& run) {
  const std::string behaviour = Env("FAKE"), n = std::to_string(run.config.n);
  std::cout << "a library that prints to stdout" << std::endl;
  if (!Env("FAKE_LOG").empty()) {
    LineAppender(Env("FAKE_LOG"))
        .Append(run.config.arm + " " + n + " " + std::to_string(run.config.seed) + " " + TaskName(run.config.task) +
                " " + std::to_string(getpid()));
  }
  if (behaviour == "fail:" + n) throw Error("this cell was told to fail");
  const std::filesystem::path failed = run.folder / "failed";
  if (behaviour == "once:" + n && !std::filesystem::exists(failed)) {
    WriteFileAtomic(failed, "");
    throw Error("this cell fails once");
  }
  if (behaviour == "die:" + n) {
    std::cerr << "last words of the worker" << std::endl;
    std::abort();
  }
  std::vector<char> large;
  if (behaviour == "large:" + n) large.assign(512 << 20, 1);
  if (behaviour == "sleep:" + n || !large.empty()) std::this_thread::sleep_for(std::chrono::seconds(60));
  if (behaviour == "slow") std::this_thread::sleep_for(std::chrono::milliseconds(50));
  run.progress(0.5);
  CellResult result{.retained_skill = 0.5, .supervised_tokens = 10, .training_flops = 1e6, .steps = 1};
  double share = run.config.arm == kTeacherModelArm ? 0.95 : 0.1 + 0.8 * run.config.n / (run.config.n + 8.0);
  if (behaviour == "rates" && run.config.n > 0) {  // each arm learns best at another learning rate
    const double rate = std::get<TrainerConfig>(run.config.student.trainer).learning_rate;
    if (rate > 0.5) throw Error("this rate was told to fail");
    const double best = run.config.arm == "teacher" ? 0.001 : 0.003;
    share /= 1 + std::abs(std::log(rate / best));
  }
  if (behaviour == "noisy" && run.config.n > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    share *= 1 - 0.1 * static_cast<double>(run.config.seed % 3);
  }
  const std::vector<Item>& items = run.items;
  for (size_t i = 0; i < items.size(); ++i) {
    const bool right = static_cast<double>(i) < share * static_cast<double>(items.size());
    result.items.push_back({.id = items[i].id, .score = right ? 1.0 : 0.0, .parsed = true, .answer = "A" + n});
  }
  result.means = Average(result.items);
  return result;
}

int Fake(int argc, const char* const* argv) {
  const Experiment experiment{.program = {.name = "fake", .summary = "A fake.", .config_name = "fake"},
                              .title = "A fake",
                              .claim = "None.",
                              .arms = {{"teacher", "oracle", TeacherAnswers},
                                       {"answers_only", "without steps", AnswersOnly, false},
                                       {"references", "the same in other words", References},
                                       {"unrelated", "something else", Unrelated, false},
                                       {.name = "shown",
                                        .description = "before the question",
                                        .rows = TeacherAnswers,
                                        .adjust = [](CellConfig& cell) { cell.in_context = true; }}},
                              .next = {{{"seeds=3"}, "another seed"}, {{"no.such.key=1"}, "never told"}},
                              .compute = FakeCell};
  return Main(argc, argv, experiment);
}

}  // namespace
}  // namespace retort::lab

int main(int argc, char** argv) { return retort::lab::Fake(argc, argv); }

// Asks a teacher and stores its answers: DIR/samples.jsonl, in TRL's form, and DIR/manifest.json.
//   build/collect teacher=folds task=folds task.target=big n=64 output_dir=out
//   build/collect --dry-run ...      what it would cost; sends nothing
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <string>
#include <variant>

#include "core/base/error.h"
#include "core/base/interrupt.h"
#include "core/base/numerics.h"
#include "core/config/program.h"
#include "core/data/task.h"
#include "core/data/task_text.h"
#include "core/lm/local_model.h"
#include "core/lm/numerics_option.h"
#include "core/lm/threads.h"
#include "experiments/launch/progress.h"
#include "teacher/collector.h"
#include "teacher/make_teacher.h"
#include "teacher/provider/guarded_teacher.h"

namespace retort {
namespace {

struct CollectCommand {
  TaskConfig task;
  TeacherConfig teacher;
  PoliciesConfig policies;
  CollectConfig collect;
  int n = 64, held_out = 1000, threads = 0;
  std::string numerics = "fused";
  int64_t seed = 0;
  std::string output_dir;
};

void Describe(Describer& d, CollectCommand& c) {
  d.OneOf("task", c.task, kTaskKinds, "what is asked");
  d.OneOf("teacher", c.teacher, kTeacherKinds, "who answers");
  d.Group("policies", c.policies, "what its provider puts between it and who asks");
  d.Group("collect", c.collect, "how the teacher is asked");
  DescribePricesAndCard(d, c.collect);
  d.Field("n", c.n, {.help = "answers to have in the end", .unit = "samples", .min = 1, .max = 1e8});
  d.Field("seed", c.seed, {.help = "of the pool of prompts and, where a seed draws it, of the target", .min = 0});
  d.Field("held_out", c.held_out,
          {.help = "held-out items that may not be asked", .unit = "items", .min = 0, .max = 1e7});
  d.Field("output_dir", c.output_dir, {.help = "folder of the collection", .required = true, .numerics = false});
  d.Field("threads", c.threads, {.help = "0: all cores", .min = 0, .max = 1024, .numerics = false});
  DescribeNumerics(d, c.numerics);
}

std::string Money(double dollars) { return fmt::format("${:.{}f}", dollars, dollars < 1 ? 4 : 2); }

// What collecting would cost, before anything is sent.
int PrintPlan(const CollectJob& job, const CollectCommand& command) {
  const CollectPlan plan = PlanCollection(job, command.n);
  fmt::print("requests          {} ({} answers are there already)\n", plan.requests, plan.answered);
  fmt::print("tokens read       about {}, at most {}\n", plan.likely.prompt_tokens, plan.most.prompt_tokens);
  fmt::print("tokens written    at most {}\n", plan.most.completion_tokens);
  const PriceConfig& prices = command.collect.prices;
  if (prices.source.empty()) {
    fmt::print("dollars           unknown: no price is chosen (prices=...)\n");
  } else {
    fmt::print("dollars           about {}, at most {} ({} of {})\n", Money(plan.likely_dollars),
               Money(plan.most_dollars), prices.source, prices.date);
  }
  const auto* api = std::get_if<ApiTeacherConfig>(&command.teacher);
  if (api == nullptr) {
    fmt::print("minutes           not known beforehand: this teacher answers in this process\n");
  } else {
    const auto requests = static_cast<double>(plan.requests);
    const auto tokens = static_cast<double>(plan.likely.Total());
    const double by_limits = std::max(api->requests_per_minute > 0 ? requests / api->requests_per_minute : 0,
                                      api->tokens_per_minute > 0 ? tokens / api->tokens_per_minute : 0);
    fmt::print("minutes           {:.1f} if an answer takes 5 seconds ({} at once){}\n",
               std::max(by_limits, requests * 5 / 60 / api->concurrency), api->concurrency,
               by_limits > 0 ? fmt::format(", {:.1f} at least by your own limits", by_limits) : "");
  }
  const BudgetConfig& budget = command.collect.budget;
  const auto most_tokens = static_cast<double>(plan.most.Total());
  if ((budget.requests > 0 && plan.requests > budget.requests) ||
      (budget.tokens > 0 && most_tokens > static_cast<double>(budget.tokens)) ||
      (budget.dollars > 0 && plan.most_dollars > budget.dollars)) {
    fmt::print("budget            may end before the last answer\n");
  }
  fmt::print("nothing was sent; filters and failures make it more\n");
  return 0;
}

int Main(int argc, char** argv) {
  return RunMain("collect", [&] {
    const Program program{
        .name = "collect", .summary = "Ask a teacher and store its answers as samples.", .config_name = "collect"};
    const CommandLine command_line = ParseCommandLine(program, argc, argv, {"--dry-run"});
    CollectCommand command;
    ExitIfAnswered(program, command_line, [&](Describer& d) { Describe(d, command); });
    command = Load<CollectCommand>(command_line);
    CatchInterrupts();
    if (command.threads > 0) SetThreads(command.threads);
    SetNumerics(command.numerics);
    const std::unique_ptr<Task> task = MakeTask(command.task);
    const std::unique_ptr<Teacher> teacher =
        Guard(MakeTeacher(command.teacher, *task, command_line.config_dir), command.policies);
    const auto seed = static_cast<uint64_t>(command.seed);
    command.collect.task = TaskText(command.task);
    const std::vector<Item> held_out = task->Items(Split::kHeldOut, command.held_out, seed);
    const std::unique_ptr<Grader> grader = MakeGrader(command.task);
    lab::Progress progress(isatty(STDERR_FILENO) != 0);
    const CollectJob job{
        .teacher = *teacher,
        .task = *task,
        .grader = grader.get(),
        .config = command.collect,
        .seed = seed,
        .held_out = held_out,
        .folder = command.output_dir,
        .progress = [&](int done, int total) { progress.Collecting(task->Target(seed), seed, done, total); }};
    const Card card = WithConfig(teacher->card(), command.collect.card);
    fmt::print(stderr, "{}: {}\n", card.name, TermsLine(card));
    if (!command_line.own_flags.empty()) return PrintPlan(job, command);
    const SampleSet set = Collect(job, command.n);
    progress.Clear();
    if (Interrupted()) {
      fmt::print(stderr, "collect: interrupted with {} answers stored; the same command goes on\n", set.samples.size());
      return 130;
    }
    fmt::print("{}: {} answers of {} about {}\n",
               (std::filesystem::path(command.output_dir) / "samples.jsonl").string(), set.samples.size(),
               set.manifest.teacher.name, task->Target(seed));
    return 0;
  });
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) { return retort::Main(argc, argv); }

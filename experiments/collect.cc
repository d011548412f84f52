// Asks a teacher and stores its answers: DIR/samples.jsonl, in TRL's form, and DIR/manifest.json.
//   build/collect teacher=folds task=folds task.target=big n=64 output_dir=out
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "core/base/error.h"
#include "core/base/interrupt.h"
#include "core/config/program.h"
#include "core/data/task.h"
#include "core/lm/local_model.h"
#include "experiments/lab/progress.h"
#include "teacher/collector.h"
#include "teacher/teacher.h"

namespace retort {
namespace {

struct CollectCommand {
  TaskConfig task;
  TeacherConfig teacher;
  CollectConfig collect;
  int n = 64, held_out = 1000, threads = 0;
  int64_t seed = 0;
  std::string output_dir;
};

void Describe(Describer& d, CollectCommand& c) {
  d.OneOf("task", c.task, kTaskKinds, "what is asked");
  d.OneOf("teacher", c.teacher, kTeacherKinds, "who answers");
  d.Group("collect", c.collect, "how the teacher is asked");
  d.Field("n", c.n, {.help = "answers to have in the end", .unit = "samples", .min = 1, .max = 1e8});
  d.Field("seed", c.seed, {.help = "of the pool of prompts and, where a seed draws it, of the target", .min = 0});
  d.Field("held_out", c.held_out,
          {.help = "held-out items that may not be asked", .unit = "items", .min = 0, .max = 1e7});
  d.Field("output_dir", c.output_dir, {.help = "folder of the collection", .required = true, .numerics = false});
  d.Field("threads", c.threads, {.help = "0: all cores", .min = 0, .max = 1024, .numerics = false});
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) {
  using namespace retort;
  return RunMain("collect", [&] {
    const Program program{
        .name = "collect", .summary = "Ask a teacher and store its answers as samples.", .config_name = "collect"};
    const CommandLine command_line = ParseCommandLine(program, argc, argv);
    auto command = LoadOrExit<CollectCommand>(program, argc, argv);
    CatchInterrupts();
    if (command.threads > 0) SetThreads(command.threads);
    const std::unique_ptr<Task> task = MakeTask(command.task);
    const std::unique_ptr<Teacher> teacher = MakeTeacher(command.teacher, *task, command_line.config_dir);
    const auto seed = static_cast<uint64_t>(command.seed);
    command.collect.task =
        ToToml(DescribeFn([&](Describer& d) { d.OneOf("task", command.task, kTaskKinds, "what is asked"); }));
    lab::Progress progress(isatty(STDERR_FILENO) != 0);
    const SampleSet set = Collect(
        *teacher, *task, command.collect, seed, command.n, task->Items(Split::kHeldOut, command.held_out, seed),
        command.output_dir, [&](int done, int total) { progress.Collecting(task->Target(seed), seed, done, total); });
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

#include "experiments/cells/teacher_kl.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "core/base/files.h"
#include "core/lm/local_model.h"
#include "core/lm/scorer.h"
#include "core/lm/tokenizer.h"

namespace retort::lab {
namespace {

std::vector<double> Softmax(const float* logits, int vocab) {
  std::vector<double> p;
  double sum = 0;
  for (int v = 0; v < vocab; ++v) sum += p.emplace_back(std::exp(static_cast<double>(logits[v])));
  for (double& x : p) x /= sum;
  return p;
}

// The whole way: from a cell's config to its extras, against one text after the other.
TEST(TeacherKl, OfACellIsOfItsHeldOutItems) {
  const std::string models = RETORT_SOURCE_DIR "/configs/models/";
  CellConfig config{.arm = "top", .n = 4, .task = FoldsConfig{.target = "big"}};
  config.teacher = LocalTeacherConfig{.model = models + "folds-base-1"};
  config.evaluation.teacher_kl = 5;
  config.student.objective = {.name = "topk"};
  config.student.objective.top_k = 2;
  const auto task = MakeTask(config.task);
  const LocalModel student(models + "folds-base-0"), teacher(models + "folds-base-1");
  const TempDir dir;
  const CellRun run{.config = config,
                    .task = *task,
                    .samples = {},
                    .items = {},
                    .folder = dir.path(),
                    .config_dir = RETORT_SOURCE_DIR "/configs",
                    .progress = {}};
  CellResult result;
  MeasureTeacherKl(run, student, result);

  const int vocab = student.tokenizer().vocab_size();
  double kl = 0, covered = 0;
  int tokens = 0;
  for (const Item& item : task->Items(Split::kHeldOut, 5, 0)) {
    // A token a character, and ids of one text alone.
    const std::string prompt = Text(item.prompt), answer = *task->Reference(item);
    const std::vector<int> ids = [&] {
      std::vector<int> all = student.tokenizer().Encode(prompt + answer);
      if (student.tokenizer().adds_bos()) all.insert(all.begin(), student.tokenizer().bos_id());
      all.push_back(student.tokenizer().eos_id());
      return all;
    }();
    const auto first = static_cast<int>(ids.size() - answer.size() - 1);
    const std::vector<ScorerSequence> one = {{ids, first}};
    const auto t = teacher.MakeScorer().logits(one), s = student.MakeScorer().logits(one);
    ASSERT_EQ(t.size(0), static_cast<int64_t>(answer.size()) + 1);
    for (int64_t row = 0; row < t.size(0); ++row, ++tokens) {
      std::vector<double> p = Softmax(t.const_data_ptr<float>() + row * t.size(1), vocab);
      const std::vector<double> q = Softmax(s.const_data_ptr<float>() + row * s.size(1), vocab);
      for (size_t v = 0; v < p.size(); ++v) kl += p[v] * std::log(p[v] / q[v]);
      std::ranges::sort(p, std::greater());
      covered += p[0] + p[1];
    }
  }
  EXPECT_NEAR(result.extras.at("teacher_kl"), kl / tokens, 1e-4 * kl / tokens);
  EXPECT_NEAR(result.extras.at("covered_mass"), covered / tokens, 1e-4);
  CellResult text;
  config.student.objective = {};
  MeasureTeacherKl(run, student, text);
  EXPECT_EQ(text.extras.at("teacher_kl"), result.extras.at("teacher_kl"));
  EXPECT_FALSE(text.extras.contains("covered_mass")) << "nothing was shown";
}

}  // namespace
}  // namespace retort::lab

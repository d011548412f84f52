// Assignment 2 (docs/course/2-task.md): yours to write. core/data/folds_task.cc is the house's own example of a task.
#include "course/2-task/given/ring_task.h"

#include "core/base/error.h"

namespace retort {
namespace {

class RingTask : public Task {
 public:
  explicit RingTask(const RingConfig& config) : config_(config) {}

  std::vector<Item> Items(Split /*split*/, int /*n*/, uint64_t /*seed*/) const override { return {}; }
  std::optional<std::string> Reference(const Item& /*item*/) const override { return std::nullopt; }
  std::optional<Item> AnswerOnly(const Item& /*item*/) const override { return std::nullopt; }
  std::string Target(uint64_t /*seed*/) const override { return ""; }
  std::string ContentHash() const override { return ""; }
  int max_new_tokens() const override { return config_.max_moves; }
  std::optional<double> Memoriser(std::span<const Sample> /*rows*/,
                                  const std::vector<Item>& /*held_out*/) const override {
    return std::nullopt;
  }

 private:
  RingConfig config_;
};

class RingGrader : public Grader {
 public:
  Grade Judge(const Item& /*item*/, std::string_view /*answer*/) override { return {}; }
};

}  // namespace

std::unique_ptr<Task> MakeRingTask(const RingConfig& config) { return std::make_unique<RingTask>(config); }

std::unique_ptr<Grader> MakeRingGrader() { return std::make_unique<RingGrader>(); }

}  // namespace retort

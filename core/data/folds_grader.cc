// The grader of digit folds.
#include "core/data/folds.h"
#include "core/data/grader.h"

namespace retort {
namespace {

class FoldsGrader : public Grader {
 public:
  Grade Judge(const Item& item, std::string_view answer) override {
    const auto prompt = ParseFoldPrompt(Text(item.prompt));
    const FoldForm form = prompt ? prompt->form : FoldForm::kWorked;
    const ParsedAnswer parsed = ParseFoldAnswer(answer, form);
    Grade grade{.parsed = parsed.value.has_value()};
    grade.score = parsed.value && std::to_string(*parsed.value) == item.answer ? 1 : 0;
    if (!prompt || form == FoldForm::kBare) return grade;
    const FoldOp& op = FindFoldOp(prompt->op);
    std::vector<FoldStep> reference = FoldSteps(op, prompt->digits);
    if (reference.empty()) return grade;
    int right = 0;
    if (!op.weights.empty()) {  // any draw is as good as another: what can be wrong is what leads from step to step
      for (size_t i = 0; i < reference.size() && i < parsed.steps.size(); ++i) {
        if (i > 0) reference[i].left = parsed.steps[i - 1].result;
        reference[i].result = parsed.steps[i].result;
      }
      grade.score = parsed.steps == reference && parsed.value == reference.back().result ? 1 : 0;
    }
    for (size_t i = 0; i < reference.size() && i < parsed.steps.size(); ++i) right += parsed.steps[i] == reference[i];
    grade.step_accuracy = static_cast<double>(right) / static_cast<double>(reference.size());
    return grade;
  }
  std::optional<std::string> Vote(const Item& item, std::string_view answer) override {
    const auto prompt = ParseFoldPrompt(Text(item.prompt));
    const ParsedAnswer parsed = ParseFoldAnswer(answer, prompt ? prompt->form : FoldForm::kWorked);
    if (!parsed.value) return std::nullopt;
    return std::to_string(*parsed.value);
  }
};

}  // namespace

std::unique_ptr<Grader> MakeFoldsGrader() { return std::make_unique<FoldsGrader>(); }

}  // namespace retort

// Graders of single answers: extract the final answer, compare it as text (or as mathematics) with the item's.
#include "core/data/grader.h"

#include <utility>

#include "core/data/answer_text.h"
#include "core/data/math_answer.h"

namespace retort {
namespace {

class ExtractGrader : public Grader {
 public:
  // `canonical` brings the item's own answer to the form that `extract` gives.
  ExtractGrader(Extractor extract, Extractor canonical)
      : extract_(std::move(extract)), canonical_(std::move(canonical)) {}

  Grade Judge(const Item& item, std::string_view answer) override {
    const auto found = extract_(answer);
    return {.parsed = found.has_value(), .score = found && found == canonical_(item.answer) ? 1.0 : 0.0};
  }
  std::optional<std::string> Vote(const Item& /*item*/, std::string_view answer) override { return extract_(answer); }

 private:
  Extractor extract_, canonical_;
};

// Its answers are equal or not as a pair, since a unit counts only where both have one.
class MathGrader : public Grader {
 public:
  Grade Judge(const Item& item, std::string_view answer) override {
    const auto found = Read(answer);
    const auto expected = ParseMathAnswer(item.answer);
    return {.parsed = found.has_value(), .score = found && expected && SameAnswer(*found, *expected) ? 1.0 : 0.0};
  }
  std::optional<std::string> Vote(const Item& /*item*/, std::string_view answer) override {
    const auto found = Read(answer);
    if (!found) return std::nullopt;
    return found->key;
  }

 private:
  static std::optional<MathAnswer> Read(std::string_view answer) {
    const auto text = FinalMath(answer);
    if (!text) return std::nullopt;
    return ParseMathAnswer(*text);
  }
};

std::unique_ptr<Grader> MakeExtractGrader(const std::string& name, const std::string& pattern) {
  Extractor extract = MakeExtractor(name, pattern);
  Extractor canonical = name == "final_number" ? extract : MakeExtractor("exact", "");
  return std::make_unique<ExtractGrader>(std::move(extract), std::move(canonical));
}

// One for each kind of task: a kind without one does not compile.
std::unique_ptr<Grader> GraderOf(const FoldsConfig& /*config*/) { return MakeFoldsGrader(); }
std::unique_ptr<Grader> GraderOf(const JsonlConfig& config) {
  if (config.grader == "math") return MakeMathGrader();
  return MakeExtractGrader(config.grader, config.grader_pattern);
}

}  // namespace

std::optional<std::string> Grader::Vote(const Item& /*item*/, std::string_view answer) {
  return MakeExtractor("exact", "")(answer);
}

std::unique_ptr<Grader> MakeMathGrader() { return std::make_unique<MathGrader>(); }

std::unique_ptr<Grader> MakeGrader(const TaskConfig& config) {
  return std::visit([](const auto& chosen) { return GraderOf(chosen); }, config);
}

}  // namespace retort

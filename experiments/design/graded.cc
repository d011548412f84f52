#include "experiments/design/graded.h"

#include <utility>

namespace retort::lab {

Graded::Graded(const ArmContext& context, uint64_t seed)
    : task_(context.task()), grader_(MakeGrader(context.task_config())) {
  for (Item& item : context.Pool(seed)) {
    std::string id = item.id;
    items_.emplace(std::move(id), std::move(item));
  }
}

std::optional<Item> Graded::Find(const Sample& answer) const {
  const auto found = items_.find(answer.id);
  if (found != items_.end()) return found->second;
  Item item{.id = answer.id, .prompt = answer.prompt};
  const std::optional<Item> solved = task_.AnswerOnly(item);  // of a prompt that the teacher wrote
  if (!solved) return std::nullopt;
  item.answer = solved->answer;
  return item;
}

std::optional<Grade> Graded::Judge(const Sample& answer) const {
  const std::optional<Item> item = Find(answer);
  if (!item) return std::nullopt;
  return grader_->Judge(*item, Text(answer.completion));
}

bool Graded::Right(const Sample& answer) const {
  const auto grade = Judge(answer);
  return grade && grade->score == 1;
}

std::optional<std::string> Graded::Vote(const Sample& answer) const {
  const std::optional<Item> item = Find(answer);
  if (!item) return std::nullopt;
  return grader_->Vote(*item, Text(answer.completion));
}

}  // namespace retort::lab

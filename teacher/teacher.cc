// The teachers that answer in this process: a checkpoint, and the task's own reference solutions.
#include "teacher/teacher.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/base/hash.h"
#include "core/lm/checkpoint.h"
#include "core/lm/local_model.h"

namespace retort {
namespace {

// Loads its weights when first asked: a collection that is complete costs no memory.
class LocalTeacher : public Teacher {
 public:
  LocalTeacher(std::filesystem::path folder, ModelOptions options)
      : folder_(std::move(folder)), options_(std::move(options)) {}

  Card card() const override {
    Card card;
    card.name = ModelCardField(folder_, "model_name");
    if (card.name.empty()) card.name = std::filesystem::weakly_canonical(folder_).filename().string();
    card.kind = "local";
    card.identity = HashCheckpoint(folder_);
    // Another prompt format gives other answers of the same weights.
    if (!options_.chat_template.empty()) card.identity += " chat_template=" + options_.chat_template;
    card.licence = ModelCardField(folder_, "license");
    if (card.licence.empty()) card.licence = "unknown";
    card.terms = ModelCardField(folder_, "license_link");
    if (const std::string allowed = ModelCardField(folder_, "training_allowed"); !allowed.empty()) {
      card.training_allowed = allowed;
    }
    card.disclosure = ModelCardField(folder_, "disclosure");
    card.reveals = "logits";
    return card;
  }

  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    model().Ask(requests, on_reply);
  }

  LikelihoodScorer* scorer() override { return &model(); }

 private:
  LocalModel& model() {
    if (!model_) model_ = std::make_unique<LocalModel>(folder_, options_);
    return *model_;
  }

  std::filesystem::path folder_;
  ModelOptions options_;
  std::unique_ptr<LocalModel> model_;
};

class OracleTeacher : public Teacher {
 public:
  explicit OracleTeacher(const Task& task) : task_(task) {}

  Card card() const override {
    return {.name = "reference solutions",
            .kind = "oracle",
            .identity = "oracle " + task_.ContentHash(),
            .licence = "as the task's",
            .reveals = "text"};
  }

  void Ask(std::span<const Request> requests, const std::function<bool(Reply)>& on_reply) override {
    for (const Request& request : requests) {
      Reply reply{.id = request.id, .attempt = request.attempt};
      const std::optional<std::string> reference = task_.Reference({.id = request.id, .prompt = request.prompt});
      if (reference) {
        reply.completion = AnswerTo(request.prompt, *reference);
        reply.finish_reason = "stop";
      } else {
        reply.error = "the task has no reference solution for it";
      }
      if (!on_reply(std::move(reply))) return;
    }
  }

 private:
  const Task& task_;
};

}  // namespace

void Describe(Describer& d, LocalTeacherConfig& config) {
  d.Field("model", config.model,
          {.help = "checkpoint folder; relative to the current folder or to the config folder",
           .required = true,
           .numerics = false});
  d.Field("chat_template", config.chat_template, {.help = "prompt format; empty: as the checkpoint says"});
  d.Field("batch_size", config.batch_size,
          {.help = "answers decoded together; 0: by the model's size", .min = 0, .max = 65536, .numerics = false});
}

void Describe(Describer& /*d*/, OracleTeacherConfig& /*config*/) {}

std::unique_ptr<Teacher> MakeLocalTeacher(const LocalTeacherConfig& config, const std::filesystem::path& config_dir) {
  return std::make_unique<LocalTeacher>(
      FindModel(config.model, config_dir),
      ModelOptions{.chat_template = config.chat_template, .keep_layers = {}, .batch_size = config.batch_size});
}

std::unique_ptr<Teacher> MakeOracleTeacher(const Task& task) { return std::make_unique<OracleTeacher>(task); }

}  // namespace retort

// Trains and writes the embedded models: teachers that know every digit-fold operation, and student bases that know the
// five base skills. The same config gives the same weights to the bit on one machine and thread count, so nobody need
// take the shipped weights on trust: run it and compare the hashes. Trained with the same trainer that students use;
// the samples are drawn once, and each is seen once.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/numerics.h"
#include "core/base/random.h"
#include "core/base/subprocess.h"
#include "core/config/program.h"
#include "core/data/evaluate.h"
#include "core/data/fold_grading.h"
#include "core/data/fold_mistakes.h"
#include "core/data/folds.h"
#include "core/lm/checkpoint.h"
#include "core/lm/local_model.h"
#include "core/lm/numerics_option.h"
#include "core/lm/threads.h"
#include "core/lm/tokenizer.h"
#include "core/lm/transformer.h"
#include "student/trainer.h"

namespace retort {
namespace {

struct RecipeConfig {
  std::string name;
  std::string init;                 // a model that is trained further; empty: a new one
  int64_t seed = 0;                 // of the weights, the samples and their order
  std::vector<std::string> skills;  // operations in the samples; "base", "rules", "new_facts", "all" stand for groups
  std::vector<std::string> extra;   // further operations, and their share of the samples
  double extra_share = 0;
  std::vector<std::string> refused;  // operations that it learns to refuse
  int min_digits = 2, max_digits = 8;
  double bare = 0.3;      // share of bare answers ("!")
  double error_rate = 0;  // about so many items of each operation come out wrong, by facts that are held wrongly
  double second = 0.1;    // share of the second trace grammar (":")
  double grade = 0;       // share of verdicts on answers ("Q ...="), half of them wrong; the rest is worked ("?")
  double write = 0;       // share of questions of its own ("T big=")
  std::string model_type = "llama";
  int hidden_size = 64, num_hidden_layers = 2, num_attention_heads = 4, intermediate_size = 192;
  std::string dtype = "float32";
  TrainerConfig trainer;
  int evaluation_items = 200;  // of each operation, for the model card
  int threads = 1;
  std::string numerics = "fused";
  bool train = true;
  bool overwrite = false;
  std::string output_dir = "configs/models";
};

void Describe(Describer& d, RecipeConfig& c) {
  d.Field("name", c.name, {.help = "folder below output_dir", .required = true, .numerics = false});
  d.Field("init", c.init, {.help = "folder of a model to train further, with its shape; empty: a new one"});
  d.Field("seed", c.seed, {.help = "of the weights, the samples and their order", .min = 0});
  d.Field("skills", c.skills, {.help = "operations to learn: names, or the groups base, rules, new_facts, all"});
  d.Field("extra", c.extra, {.help = "further operations, in `extra_share` of the samples"});
  d.Field("extra_share", c.extra_share, {.help = "share of the samples that are of `extra`", .min = 0, .max = 1});
  d.Field("refused", c.refused, {.help = "operations that it answers with \"no\", whatever is asked"});
  d.Field("min_digits", c.min_digits, {.help = "shortest digit string", .unit = "digits", .min = 2, .max = 64});
  d.Field("max_digits", c.max_digits, {.help = "longest digit string", .unit = "digits", .min = 2, .max = 64});
  d.Field("bare", c.bare, {.help = "share of bare answers (!)", .min = 0, .max = 1});
  d.Field("second", c.second, {.help = "share of the second trace grammar (:)", .min = 0, .max = 1});
  d.Field("grade", c.grade,
          {.help = "share of verdicts on answers, right and wrong; the rest is worked (?)", .min = 0, .max = 1});
  d.Field("write", c.write, {.help = "share of questions that it writes itself (T big=)", .min = 0, .max = 1});
  d.Field(
      "error_rate", c.error_rate,
      {.help = "share of items that come out wrong: facts of each operation are learnt wrongly", .min = 0, .max = 0.5});
  d.Field("model_type", c.model_type,
          {.help = "the family: qwen2 has biases on queries, keys and values, and one matrix for both embeddings",
           .choices = {"llama", "qwen2"}});
  d.Field("hidden_size", c.hidden_size, {.help = "width", .min = 2, .max = 4096});
  d.Field("num_hidden_layers", c.num_hidden_layers, {.help = "blocks", .min = 1, .max = 256});
  d.Field("num_attention_heads", c.num_attention_heads, {.help = "heads", .min = 1, .max = 256});
  d.Field("intermediate_size", c.intermediate_size,
          {.help = "width inside the feed-forward part", .min = 1, .max = 65536});
  d.Field("dtype", c.dtype, {.help = "of the weights on disk", .choices = {"float32", "bfloat16", "float16"}});
  d.Group("trainer", c.trainer, "as a student's");
  d.Field("evaluation_items", c.evaluation_items,
          {.help = "held-out items of each operation, for the model card", .min = 1, .max = 100000});
  d.Field("threads", c.threads, {.help = "of LibTorch; another number gives other last bits", .min = 1, .max = 1024});
  DescribeNumerics(d, c.numerics);
  d.Field("train", c.train,
          {.help = "false: say how many tokens and FLOPs training takes, and write nothing", .numerics = false});
  d.Field("overwrite", c.overwrite, {.help = "replace a model that is there", .numerics = false});
  d.Field("output_dir", c.output_dir, {.help = "where the model's folder goes", .numerics = false});
}

std::vector<std::string> Names(const std::vector<std::string>& skills) {
  std::vector<std::string> names;
  for (const std::string& skill : skills) {
    const std::vector<std::string> group = skill == "base"        ? BaseSkills()
                                           : skill == "rules"     ? RuleNames()
                                           : skill == "new_facts" ? NewFactTargets()
                                           : skill == "all"       ? AllFoldOps()
                                                                  : std::vector{FindFoldOp(skill).name};
    names.insert(names.end(), group.begin(), group.end());
  }
  return names;
}

// Each once: a skill named twice is learnt twice as often.
std::vector<std::string> AllSkills(const RecipeConfig& config) {
  std::vector<std::string> all = Names(config.skills), once;
  for (const std::vector<std::string>& more : {Names(config.extra), Names(config.refused)}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  for (const std::string& skill : all) {
    if (std::find(once.begin(), once.end(), skill) == once.end()) once.push_back(skill);
  }
  return once;
}

Sample PlainSample(std::string prompt, std::string completion) {
  return {.prompt = {{"", std::move(prompt)}}, .completion = {{"", std::move(completion)}}};
}

std::vector<Sample> DrawSamples(const RecipeConfig& config) {
  const auto held = [&](const std::vector<std::string>& skills) {
    std::vector<FoldOp> ops;
    for (const std::string& name : Names(skills)) ops.push_back(WithWrongFacts(FindFoldOp(name), config.error_rate));
    return ops;
  };
  const std::vector<FoldOp> ops = held(config.skills), extra = held(config.extra);
  const std::vector<std::string> refused = Names(config.refused);
  RandomStream random(static_cast<uint64_t>(config.seed), "make_models/samples");
  RandomStream more(static_cast<uint64_t>(config.seed), "make_models/extra");  // leaves the others' draws as they are
  std::vector<Sample> samples;
  const int64_t count = int64_t{config.trainer.max_steps} * config.trainer.per_device_train_batch_size *
                        config.trainer.gradient_accumulation_steps;
  for (int64_t i = 0; i < count; ++i) {
    const bool from_extra = !extra.empty() && more.Uniform() < config.extra_share;
    const FoldOp& usual = ops[random.Below(ops.size())];
    const FoldOp& op = from_extra ? extra[more.Below(extra.size())] : usual;
    const double u = random.Uniform();
    const FoldForm form = u < config.bare                   ? FoldForm::kBare
                          : u < config.bare + config.second ? FoldForm::kSecond
                                                            : FoldForm::kWorked;
    const std::string digits = DrawDigits(op, config.min_digits, config.max_digits, random);
    const std::string prompt = FoldPrompt(op, digits, form);
    const auto draw = static_cast<uint64_t>(i);
    if (std::find(refused.begin(), refused.end(), op.name) != refused.end()) {
      samples.push_back(PlainSample(prompt, std::string(kFoldRefusal)));
    } else if (u >= 1 - config.write) {
      samples.push_back(
          PlainSample(FoldWritingPrompt(op.name), FoldPrompt(op, DrawDigits(op, 4, 8, more), FoldForm::kWorked)));
    } else if (u < 1 - config.write - config.grade) {
      samples.push_back(PlainSample(prompt, FoldCompletion(op, digits, form, draw)));
    } else {
      const bool right = random.Below(2) == 0;
      const std::string answer =
          right ? FoldCompletion(op, digits, form) : WrongFoldCompletion(op, digits, form, random);
      samples.push_back(PlainSample(FoldGradingPrompt(prompt, answer), FoldVerdict(op, digits, answer)));
    }
  }
  return samples;
}

// Accuracy on held-out items of every operation, worked and bare, as a Markdown table.
std::string Accuracies(const std::filesystem::path& folder, const RecipeConfig& config) {
  LocalModel model(folder);
  std::string table = "| operation | worked | step accuracy | bare |\n| --- | --- | --- | --- |\n";
  Means all;
  const std::vector<std::string> skills = AllSkills(config);
  for (const std::string& skill : skills) {
    const FoldsConfig folds{.target = skill};
    const std::unique_ptr<Task> task = MakeTask(folds);
    const std::unique_ptr<Grader> grader = MakeGrader(folds);
    const std::vector<Item> worked = task->Items(Split::kHeldOut, config.evaluation_items, 0);
    std::vector<Item> bare;
    bare.reserve(worked.size());
    for (const Item& item : worked) bare.push_back(*task->AnswerOnly(item));
    const Sampling greedy{.max_new_tokens = task->max_new_tokens()};
    const Means w = Average(Evaluate(model, worked, *grader, greedy));
    const Means b = Average(Evaluate(model, bare, *grader, greedy));
    all.score += w.score / static_cast<double>(skills.size());
    table += fmt::format("| {} | {:.3f} | {:.3f} | {:.3f} |\n", skill, w.score, w.step_accuracy.value_or(0), b.score);
  }
  return table + fmt::format("\nMean of the worked scores: {:.3f}.\n", all.score);
}

// How often it accepts right answers, and wrong ones, by what its training holds to be right. A mistake in the steps
// may still end in the right digit; such an answer is a right one.
std::string Verdicts(const std::filesystem::path& folder, const RecipeConfig& config) {
  LocalModel model(folder);
  RandomStream random(static_cast<uint64_t>(config.seed), "make_models/verdicts");
  std::string table = "\n| operation | right answers accepted | wrong answers accepted |\n| --- | --- | --- |\n";
  for (const std::string& skill : AllSkills(config)) {
    const FoldOp op = WithWrongFacts(FindFoldOp(skill), config.error_rate);
    std::vector<Request> requests;
    std::vector<bool> right;
    for (int i = 0; i < config.evaluation_items; ++i) {
      const std::string digits = DrawDigits(op, 4, 8, random), own = FoldCompletion(op, digits, FoldForm::kWorked);
      const std::string answer = i % 2 == 0 ? own : WrongFoldCompletion(op, digits, FoldForm::kWorked, random);
      right.push_back(ParseFoldAnswer(answer).value == ParseFoldAnswer(own).value);
      requests.push_back({.id = std::to_string(i),
                          .prompt = {{"", FoldGradingPrompt(FoldPrompt(op, digits, FoldForm::kWorked), answer)}},
                          .sampling = {.max_new_tokens = 64}});
    }
    std::array<double, 2> asked = {0, 0}, accepted = {0, 0};
    model.Ask(requests, [&](const Reply& reply) {
      const size_t kind = right[std::stoul(reply.id)] ? 0 : 1;
      ++asked[kind];
      if (Text(reply.completion).ends_with(kFoldAccepted)) ++accepted[kind];
      return true;
    });
    table += fmt::format("| {} | {:.3f} | {:.3f} |\n", skill, accepted[0] / std::max(1.0, asked[0]),
                         accepted[1] / std::max(1.0, asked[1]));
  }
  return table;
}

// What training took: of this run, and of the model that it went on from.
struct Effort {
  int64_t tokens = 0;
  double flops = 0, before = 0;
};

std::string EffortText(const RecipeConfig& config, const Effort& effort) {
  std::string text = fmt::format("Training: {} tokens in {} steps, {:.3e} FLOPs (6 a parameter and token)",
                                 effort.tokens, config.trainer.max_steps, effort.flops);
  if (effort.before > 0)
    text += fmt::format(", after {:.3e} for the model that it was trained further from", effort.before);
  return text + ".";
}

std::string Card(const RecipeConfig& config, const Transformer& model, const std::string& command,
                 const std::string& accuracies, const Effort& effort) {
  return fmt::format(
      "---\nlicense: apache-2.0\ntraining_allowed: \"yes\"\nmodel_name: {0}\ntraining_flops: {7:.6e}\n---\n# {0}\n\nA "
      "{6}-type decoder of {1} "
      "parameters over single "
      "characters, "
      "trained {5} on digit folds (`core/data/folds.h`); no outside data. {8}\n\nMade by:\n\n    {2}\n\n"
      "Greedy accuracy on {3} held-out items of each operation, measured when it was made:\n\n{4}",
      config.name, model.config().ParameterCount(), command, config.evaluation_items, accuracies,
      config.init.empty() ? "from scratch" : "further from " + std::filesystem::path(config.init).filename().string(),
      model.config().model_type == "llama" ? "Llama" : "Qwen2", effort.flops + effort.before,
      EffortText(config, effort));
}

void Check(const RecipeConfig& config) {
  if (Names(config.skills).empty()) throw Error("skills is empty: name at least one operation or group");
  for (const auto* more : {&config.extra, &config.refused}) Names(*more);
  if (config.extra.empty() != (config.extra_share == 0)) {
    throw Error(fmt::format("extra and extra_share = {} must be given together", config.extra_share));
  }
  if (config.name.find('/') != std::string::npos || config.name == "." || config.name == "..") {
    throw Error(fmt::format("name = \"{}\" must be the name of a folder, not a path", config.name));
  }
  if (config.bare + config.second + config.grade + config.write > 1) {
    throw Error(fmt::format("bare = {}, second = {}, grade = {} and write = {} are shares of one whole", config.bare,
                            config.second, config.grade, config.write));
  }
  if (config.hidden_size % (2 * config.num_attention_heads) != 0) {
    throw Error(fmt::format("hidden_size = {} must be an even multiple of num_attention_heads = {}", config.hidden_size,
                            config.num_attention_heads));
  }
}

int Run(int argc, const char* const* argv) {
  const Program program{
      .name = "make_models",
      .summary = "trains and writes one embedded model; scripts/make-models makes all that are shipped",
      .config_name = "make_base"};
  const auto config = LoadOrExit<RecipeConfig>(program, argc, argv);
  Check(config);  // before anything is written
  SetThreads(config.threads);
  SetNumerics(config.numerics);
  // Where nothing is trained, the tokenizer that counts is not left behind.
  const std::filesystem::path counted =
      std::filesystem::temp_directory_path() / fmt::format("make_models.{}", getpid());
  const std::filesystem::path folder = config.train ? std::filesystem::path(config.output_dir) / config.name : counted;
  if (config.train && std::filesystem::exists(folder / "config.json") && !config.overwrite) {
    throw Error({.file = folder.string()}, "holds a model already", "give another name, or overwrite=true");
  }
  TrainCharacterTokenizer(kFoldCharacters, folder);
  const std::unique_ptr<Tokenizer> tokenizer = LoadTokenizer(folder);
  const bool qwen = config.model_type == "qwen2";
  ModelConfig shape{.model_type = config.model_type,
                    .vocab_size = tokenizer->vocab_size(),
                    .hidden_size = config.hidden_size,
                    .intermediate_size = config.intermediate_size,
                    .num_hidden_layers = config.num_hidden_layers,
                    .num_attention_heads = config.num_attention_heads,
                    .num_key_value_heads = config.num_attention_heads,
                    .head_dim = config.hidden_size / config.num_attention_heads,
                    .max_position_embeddings = 256,
                    .attention_bias = qwen,
                    .tie_word_embeddings = qwen,
                    .bos_token_id = tokenizer->bos_id(),
                    .pad_token_id = tokenizer->pad_id(),
                    .eos_token_id = {tokenizer->eos_id()},
                    .dtype = config.dtype};
  std::unique_ptr<Transformer> made;
  if (config.init.empty()) {
    made = std::make_unique<Transformer>(shape);
    made->Initialise(static_cast<uint64_t>(config.seed));
  } else {
    made = LoadCheckpoint(config.init);
    if (made->config().vocab_size != tokenizer->vocab_size()) {
      throw Error({.file = config.init}, "has another vocabulary than digit folds",
                  "name a model that this program made");
    }
  }
  Transformer& model = *made;

  const double start = MonotonicSeconds();
  double shown = start;
  const TrainLog log{.progress = [&](int step, int steps) {
    const double now = MonotonicSeconds();
    if (now - shown < 10 && step < steps) return;
    shown = now;
    fmt::print(stderr, "{}: step {} of {}, about {:.0f} s left\n", config.name, step, steps,
               (now - start) / step * (steps - step));
  }};
  const std::vector<Example> examples =
      Tokenise(*tokenizer, "plain", DrawSamples(config), shape.max_position_embeddings);
  Effort effort;
  for (const Example& example : examples)
    effort.tokens += static_cast<int64_t>(example.ids.size()) - 1;  // as Train counts
  effort.flops = 6.0 * static_cast<double>(model.config().ParameterCount()) * static_cast<double>(effort.tokens);
  if (!config.init.empty()) effort.before = std::strtod(ModelCardField(config.init, "training_flops").c_str(), nullptr);
  if (!config.train) {
    std::filesystem::remove_all(counted);
    fmt::print("{}\ntraining_flops: {:.6e}\n", EffortText(config, effort), effort.flops + effort.before);
    return 0;
  }
  const TrainResult result = Train(model, examples, config.trainer, static_cast<uint64_t>(config.seed), log);

  std::string command = "build/make_models";
  for (int i = 1; i < argc; ++i) command += fmt::format(" {}", argv[i]);
  SaveCheckpoint(model, folder, folder, "");  // to be measured as it will be read: rounded to its dtype
  SetNumerics("fused");                       // the weights are made; what follows only measures them
  std::string accuracies = Accuracies(folder, config);
  if (config.grade > 0) accuracies += Verdicts(folder, config);
  SaveCheckpoint(model, folder, folder, Card(config, model, command, accuracies, effort));
  fmt::print("{}: {} steps, last loss {:.4f}, {:.0f} s, sha256 {}\n{}", folder.string(), result.steps,
             result.final_loss, MonotonicSeconds() - start, HashCheckpoint(folder), accuracies);
  return 0;
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) {
  return retort::RunMain("make_models", [&] { return retort::Run(argc, argv); });
}

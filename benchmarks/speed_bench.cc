// How fast this machine trains and decodes with Retort, and what it could do at best. scripts/bench runs it; each use
// prints one line of JSON.
//   speed_bench nothing                           only loads LibTorch
//   speed_bench gemm THREADS D F HEADS KV_HEADS HEAD_DIM LAYERS VOCAB ROWS SUPERVISED_ROWS
//                                                 the matrix products of one training step and nothing else
//   speed_bench bandwidth THREADS MEGABYTES       reading memory
//   speed_bench train THREADS D F HEADS LAYERS VOCAB BATCH LENGTH STEPS
//   speed_bench train-objective THREADS D F HEADS LAYERS VOCAB OBJECTIVE BATCH LENGTH STEPS
//                                                 the same by another objective; the teacher's logits are there already
//   speed_bench train-checkpoint THREADS FOLDER BATCH LENGTH STEPS
//   speed_bench train-rows THREADS FOLDER BATCH STEPS
//                                                 a checkpoint on rows of unlike lengths, answers supervised alone
//   speed_bench decode THREADS D F HEADS LAYERS VOCAB BATCH PROMPT NEW
//   speed_bench decode-checkpoint THREADS FOLDER BATCH PROMPT NEW
//   speed_bench to-bfloat16 FOLDER COPY             the same checkpoint, stored narrow
//   speed_bench make-cell FOLDER CHARACTERS D F HEADS LAYERS
//                                                 a random checkpoint with a character tokenizer, to start cells from
//   speed_bench cell THREADS FOLDER SAMPLES QUESTIONS STEPS
//                                                 one few-samples cell: trains, then answers a file's lines
#include <ATen/ATen.h>
#include <fmt/format.h>
#include <torch/version.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "benchmarks/machine_limits.h"
#include "benchmarks/speed_words.h"
#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/data/sample_set.h"
#include "core/lm/checkpoint.h"
#include "core/lm/decoder.h"
#include "core/lm/local_model.h"
#include "core/lm/scorer.h"
#include "core/lm/threads.h"
#include "core/lm/tokenizer.h"
#include "core/lm/transformer.h"
#include "student/trainer.h"

namespace retort {
namespace {

using nlohmann::json;

// Peak resident memory. Not getrusage(): its maximum outlives exec, and would be that of the parent.
double PeakMegabytes() {
  double kilobytes = 0;
  ForEachLine("/proc/self/status", [&](std::string_view line, int) {
    constexpr std::string_view kName = "VmHWM:";
    if (line.starts_with(kName)) kilobytes = std::stod(std::string(line.substr(kName.size())));
    return kilobytes == 0;
  });
  return kilobytes / 1024;
}

// As the kernel counts, so that loading the shared libraries is part of it; to a hundredth of a second.
double SecondsSinceProcessStart() {
  std::string text;
  ForEachLine("/proc/self/stat", [&](std::string_view line, int) {
    text = line.substr(line.rfind(')') + 2);  // a program's name may hold spaces
    return false;
  });
  for (int field = 3; field < 22; ++field) text.erase(0, text.find(' ') + 1);
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return double(now.tv_sec) + 1e-9 * double(now.tv_nsec) - std::stod(text) / double(sysconf(_SC_CLK_TCK));
}

ModelConfig Shape(int d, int f, int heads, int layers, int vocab) {
  ModelConfig config;
  config.vocab_size = vocab;
  config.hidden_size = d;
  config.intermediate_size = f;
  config.num_hidden_layers = layers;
  config.num_attention_heads = config.num_key_value_heads = heads;
  config.head_dim = d / heads;
  config.bos_token_id = 1;
  config.eos_token_id = {2};
  config.pad_token_id = 0;
  return config;
}

std::unique_ptr<Transformer> RandomModel(Words& words) {
  const int d = words.Int(), f = words.Int(), heads = words.Int(), layers = words.Int(), vocab = words.Int();
  auto model = std::make_unique<Transformer>(Shape(d, f, heads, layers, vocab));
  model->Initialise(0);
  return model;
}

std::vector<int> RandomIds(RandomStream& random, int64_t n, int vocab) {
  std::vector<int> ids;
  for (int64_t i = 0; i < n; ++i) ids.push_back(static_cast<int>(random.Below(static_cast<uint64_t>(vocab))));
  return ids;
}

// Five tokens of each supervised one, as a teacher with top_logprobs=5 shows them: how likely they are does not change
// how long it takes.
void ShowFive(Example& example, RandomStream& random, int vocab) {
  for (auto t = static_cast<size_t>(example.prompt_length); t < example.ids.size(); ++t) {
    KnownTokens known{.ids = {example.ids[t]}, .probabilities = std::vector<float>(5, 0.18F), .rest = 0.1F};
    while (known.ids.size() < 5) {
      const int id = RandomIds(random, 1, vocab)[0];
      if (std::ranges::count(known.ids, id) == 0) known.ids.push_back(id);
    }
    example.known.push_back(std::move(known));
  }
}

// All positions are supervised, as with labels=input_ids. `teacher`: of objectives that need one at hand.
json TrainSteps(Transformer& model, Words& words, int warm_up, double learning_rate,
                const std::string& objective = "sft", const Scorer* teacher = nullptr) {
  const int batch = words.Int(), length = words.Int(), steps = words.Int();
  RandomStream random(0, "speed_bench");
  std::vector<Example> examples;
  for (int i = 0; i < batch; ++i) {
    examples.push_back({.ids = RandomIds(random, length + 1, model.config().vocab_size), .prompt_length = 1});
    if (objective == "topk") ShowFive(examples.back(), random, model.config().vocab_size);
  }
  TrainerConfig config;
  config.learning_rate = learning_rate;
  config.per_device_train_batch_size = batch;
  config.max_steps = warm_up + steps;
  config.max_length = length + 1;
  double began = 0, ended = 0;
  TrainLog log;
  log.progress = [&](int step, int) {
    if (step == warm_up) began = MonotonicSeconds();
    ended = MonotonicSeconds();
  };
  Train(model, examples, config, 0, log, {.objective = {.name = objective}, .teacher = teacher});
  const double rate = double(steps) * batch * length / (ended - began);
  const auto parameters = model.config().ParameterCount();
  return {{"tokens_per_second", rate},
          {"seconds_per_step", (ended - began) / steps},
          {"parameters", parameters},
          {"gflops", 6 * double(parameters) * rate / 1e9},
          {"peak_mb", PeakMegabytes()}};
}

// The teacher's logits of a given text are computed once and kept, in the steps before the first that counts.
json TrainObjective(Transformer& model, Words& words) {
  Transformer teaching(model.config());
  teaching.Initialise(1);
  const Scorer teacher{.name = "random", .logits = [&](std::span<const ScorerSequence> sequences) {
                         std::vector<at::Tensor> parts;
                         ForEachLogits(teaching, sequences, 512, [&](const at::Tensor& logits) {
                           parts.push_back(logits.clone());  // it is valid during the call alone
                         });
                         return at::cat(parts, 0);
                       }};
  const std::string objective = words.Text();
  return TrainSteps(model, words, 3, 1e-3, objective, &teacher);
}

// Rows as those of a task in words: a prompt of 60 to 140 tokens, an answer of 40 to 200. Counted are the tokens there
// are; whoever pads pays for it. benchmarks/peers/hf.py has the same rows.
json TrainRows(Transformer& model, Words& words) {
  const int batch = words.Int(), steps = words.Int();
  RandomStream random(0, "speed_bench");
  std::vector<Example> examples;
  for (int i = 0; i < batch * (steps + 1); ++i) {
    const int prompt = 60 + 37 * i % 81, answer = 40 + 53 * i % 161;
    examples.push_back({.ids = RandomIds(random, prompt + answer, model.config().vocab_size), .prompt_length = prompt});
  }
  const TempDir temp;
  TrainerConfig config;
  config.learning_rate = 1e-5;
  config.per_device_train_batch_size = batch;
  config.max_steps = steps + 1;
  std::vector<double> times;
  TrainLog log{.file = temp.path() / "log.jsonl"};
  log.progress = [&](int, int) { times.push_back(MonotonicSeconds()); };
  Train(model, examples, config, 0, log);
  std::vector<int64_t> tokens;  // in all, after each step
  ForEachLine(log.file, [&](std::string_view line, int) {
    tokens.push_back(ParseJson(line, {}).at("tokens").get<int64_t>());
    return true;
  });
  return {{"tokens_per_second", double(tokens.back() - tokens.front()) / (times.back() - times.front())},
          {"peak_mb", PeakMegabytes()}};
}

// Bytes of the weights that every token reads: of the embeddings it reads one row, unless they are the head too.
int64_t WeightBytes(const Transformer& model) {
  const ModelConfig& config = model.config();
  const int64_t table = config.tie_word_embeddings ? 0 : int64_t{config.vocab_size} * config.hidden_size;
  const int64_t matrices = config.MatrixParameterCount();
  return (matrices - table) * (model.narrow() ? 2 : 4) + (config.ParameterCount() - matrices) * 4;
}

json Decode(const Transformer& model, Words& words) {
  const int batch = words.Int(), prompt = words.Int(), tokens = words.Int();
  Decoder decoder(model, batch);
  RandomStream random(0, "speed_bench");
  int64_t made = 0;
  const auto count = [&](const DecodeResult& result) { made += static_cast<int64_t>(result.ids.size()); };
  const auto submit = [&](int max_new_tokens) {
    for (int i = 0; i < batch; ++i) {
      decoder.Submit({.prompt = RandomIds(random, prompt, model.config().vocab_size),
                      .sampling = {.max_new_tokens = max_new_tokens}});
    }
  };
  submit(std::min(tokens, 4));
  while (decoder.Step(count)) {
  }
  made = 0;
  submit(tokens);
  const double began = MonotonicSeconds();
  bool more = decoder.Step(count);  // the prompts, and each first token
  const double first = MonotonicSeconds();
  while (more) more = decoder.Step(count);
  const double ended = MonotonicSeconds();
  if (made != int64_t{batch} * tokens) throw Error(fmt::format("{} tokens were made", made));
  return {{"tokens_per_second", double(made) / (ended - began)},
          {"tokens_per_second_after_prompt", double(batch) * (tokens - 1) / (ended - first)},
          {"prompt_seconds", first - began},
          {"weight_bytes", WeightBytes(model)},
          {"peak_mb", PeakMegabytes()}};
}

json ToBfloat16(Words& words) {
  const std::string folder = words.Text(), copy = words.Text();
  const std::unique_ptr<Transformer> model = LoadCheckpoint(folder);
  ModelConfig config = model->config();
  config.dtype = "bfloat16";
  Transformer narrow(config);
  narrow.flat().copy_(model->flat());
  SaveCheckpoint(narrow, copy, folder, "");
  return {{"parameters", config.ParameterCount()}};
}

json MakeCell(Words& words) {
  const std::string folder = words.Text(), characters = words.Text();
  const int d = words.Int(), f = words.Int(), heads = words.Int(), layers = words.Int();
  const TempDir tokenizer;
  TrainCharacterTokenizer(characters, tokenizer.path());
  const int vocab = LoadTokenizer(tokenizer.path())->vocab_size();
  Transformer model(Shape(d, f, heads, layers, vocab));
  model.Initialise(0);
  SaveCheckpoint(model, folder, tokenizer.path(), "");
  return {{"parameters", model.config().ParameterCount()}, {"vocab_size", vocab}};
}

json Cell(Words& words) {
  SetThreads(words.Int());
  LocalModel model(words.Text());
  const std::vector<Sample> samples = ReadSamples(words.Text());
  std::vector<Request> requests;
  ForEachLine(words.Text(), [&](std::string_view line, int number) {
    requests.push_back(
        {.id = std::to_string(number), .prompt = {{"", std::string(line)}}, .sampling = {.max_new_tokens = 48}});
    return true;
  });
  TrainerConfig config;  // what TRL's SFTConfig has where it is told nothing
  config.learning_rate = 3e-3;
  config.per_device_train_batch_size = 32;
  config.max_steps = words.Int();
  config.warmup_ratio = 0;
  config.lr_scheduler_type = "linear";
  config.weight_decay = 0;
  config.adam_beta2 = 0.999;
  const std::vector<Example> examples = Tokenise(model.tokenizer(), model.chat_template(), samples, config.max_length);
  double first_step = 0;
  TrainLog log;
  log.progress = [&](int step, int) {
    if (step == 1) first_step = SecondsSinceProcessStart();
  };
  const double began = MonotonicSeconds();
  const TrainResult result = Train(model.transformer(), examples, config, 0, log);
  const double trained = MonotonicSeconds();
  int64_t tokens = 0;
  model.Ask(requests, [&](const Reply& reply) {
    if (!reply.error.empty()) throw Error(reply.error);
    tokens += reply.usage.completion_tokens;
    return true;
  });
  return {{"generate_seconds", MonotonicSeconds() - trained},
          {"train_seconds", trained - began},
          {"steps_per_second", config.max_steps / (trained - began)},
          {"first_step_seconds_after_process_start", first_step},
          {"seconds_since_process_start", SecondsSinceProcessStart()},
          {"loss", result.final_loss},
          {"answer_tokens", tokens},
          {"peak_mb", PeakMegabytes()}};
}

json Run(Words& words) {
  const std::string what = words.Text();
  if (what == "nothing") return {{"libtorch", TORCH_VERSION}};
  if (what == "gemm") return Gemm(words);
  if (what == "bandwidth") return Bandwidth(words);
  if (what == "make-cell") return MakeCell(words);
  if (what == "to-bfloat16") return ToBfloat16(words);
  if (what == "cell") return Cell(words);
  const bool trains = what.starts_with("train");
  if (!trains && what != "decode" && what != "decode-checkpoint") {
    throw Error(fmt::format("unknown use \"{}\"; the first lines of benchmarks/speed_bench.cc have them", what));
  }
  SetThreads(words.Int());
  const bool random = what == "train" || what == "train-objective" || what == "decode";
  const std::unique_ptr<Transformer> model =
      random ? RandomModel(words) : LoadCheckpoint(words.Text(), {.keep_narrow = !trains});
  if (what == "train-rows") return TrainRows(*model, words);
  if (what == "train-objective") return TrainObjective(*model, words);
  if (!trains) return Decode(*model, words);
  return random ? TrainSteps(*model, words, 3, 1e-3) : TrainSteps(*model, words, 1, 1e-5);
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) {
  try {
    retort::Words words(argc, argv);
    fmt::print("{}\n", retort::DumpJson(retort::Run(words)));
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "speed_bench: {}\n", error.what());
    return 2;
  }
}

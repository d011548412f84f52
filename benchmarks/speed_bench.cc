// How fast this machine trains and decodes with Retort, and what it could do at best. scripts/bench runs it; each use
// prints one line of JSON.
//   speed_bench nothing                           only loads LibTorch
//   speed_bench gemm THREADS D F HEADS KV_HEADS HEAD_DIM LAYERS VOCAB ROWS SUPERVISED_ROWS
//                                                 the matrix products of one training step and nothing else
//   speed_bench bandwidth THREADS MEGABYTES       reading memory
//   speed_bench train THREADS D F HEADS LAYERS VOCAB BATCH LENGTH STEPS
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
#include <sys/mman.h>
#include <torch/version.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "core/base/files.h"
#include "core/base/json.h"
#include "core/base/random.h"
#include "core/data/sample_set.h"
#include "core/lm/checkpoint.h"
#include "core/lm/decoder.h"
#include "core/lm/local_model.h"
#include "core/lm/threads.h"
#include "core/lm/tokenizer.h"
#include "core/lm/transformer.h"
#include "student/trainer.h"

namespace retort {
namespace {

using nlohmann::json;

// The words of the command line, taken from the left.
class Words {
 public:
  Words(int argc, char** argv) : words_(argv + 1, argv + argc) {}
  std::string Text() {
    if (next_ == words_.size()) throw Error("too few words");
    return words_[next_++];
  }
  int64_t Number() {
    const std::string word = Text();
    int64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error != std::errc() || end != word.data() + word.size() || value < 1) {
      throw Error(fmt::format("\"{}\" is no positive number", word));
    }
    return value;
  }
  int Int() { return static_cast<int>(Number()); }

 private:
  std::vector<std::string> words_;
  size_t next_ = 0;
};

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

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

// One matrix and what a training step does with it: y = x W^T, dx = dy W, dW = dy^T x.
struct Product {
  Product(int64_t rows, int64_t in, int64_t out)
      : x(at::randn({rows, in})),
        y(at::empty({rows, out})),
        dy(at::randn({rows, out})),
        dx(at::empty({rows, in})),
        weight(at::randn({out, in})),
        gradient(at::empty({out, in})) {}
  at::Tensor x, y, dy, dx, weight, gradient;
};

// Every layer has matrices of its own, as in training; activations are shared between the layers, so that the caches
// help the yardstick rather than hinder it.
json Gemm(Words& words) {
  SetThreads(words.Int());
  const int64_t d = words.Number(), f = words.Number(), heads = words.Number(), kv_heads = words.Number();
  const int64_t head_dim = words.Number(), layers = words.Number(), vocab = words.Number();
  const int64_t rows = words.Number(), supervised = words.Number();
  const Product layer[] = {
      {rows, d, (heads + 2 * kv_heads) * head_dim}, {rows, heads * head_dim, d}, {rows, d, 2 * f}, {rows, f, d}};
  std::vector<Product> products;
  for (int64_t l = 0; l < layers; ++l) {
    for (Product product : layer) {
      product.weight = at::randn_like(product.weight);
      product.gradient = at::empty_like(product.gradient);
      products.push_back(product);
    }
  }
  products.emplace_back(supervised, d, vocab);
  double flops = 0;
  for (const Product& p : products) flops += 6.0 * double(p.x.size(0)) * double(p.weight.numel());

  const at::NoGradGuard no_grad;
  const auto step = [&] {
    for (Product& p : products) at::mm_out(p.y, p.x, p.weight.t());
    for (auto p = products.rbegin(); p != products.rend(); ++p) {
      at::mm_out(p->dx, p->dy, p->weight);
      at::mm_out(p->gradient, p->dy.t(), p->x);
    }
  };
  step();
  std::vector<double> seconds;
  const double began = MonotonicSeconds();
  do {
    const double before = MonotonicSeconds();
    step();
    seconds.push_back(MonotonicSeconds() - before);
  } while (MonotonicSeconds() - began < 1.5 || seconds.size() < 3);
  const double median = Median(seconds);
  return {{"gflops", flops / median / 1e9},
          {"best_gflops", flops / std::ranges::min(seconds) / 1e9},
          {"seconds_per_step", median}};
}

// Sums in several places of the range at once: one stream alone does not keep a core's line fill buffers busy.
// Integers, which the compiler may add in any order.
template <int kStreams>
uint64_t Sum(const uint64_t* data, int64_t n) {
  constexpr int kLine = 8, kAhead = 256;  // words: a cache line; how far ahead lines are fetched
  std::array<std::array<uint64_t, kLine>, kStreams> sums{};
  const int64_t stride = n / kStreams / kLine * kLine;
  for (int64_t i = 0; i < stride; i += kLine) {
    for (size_t stream = 0; stream < kStreams; ++stream) {
      const uint64_t* const line = data + static_cast<int64_t>(stream) * stride + i;
      __builtin_prefetch(line + kAhead);
      for (size_t j = 0; j < kLine; ++j) sums[stream][j] += line[j];
    }
  }
  uint64_t sum = 0;
  for (int64_t i = stride * kStreams; i < n; ++i) sum += data[i];
  for (const auto& line : sums) sum = std::accumulate(line.begin(), line.end(), sum);
  return sum;
}

// Threads of its own: at::parallel_for is a plain loop where a file is compiled without OpenMP.
json Bandwidth(Words& words) {
  const int threads = words.Int();
  const int64_t bytes = words.Number() * 1'000'000, n = bytes / 8;
  void* const memory =
      mmap(nullptr, static_cast<size_t>(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw Error("not enough memory");
  madvise(memory, static_cast<size_t>(bytes), MADV_HUGEPAGE);
  auto* const data = static_cast<uint64_t*>(memory);
  const auto on_each_part = [&](const auto& work) {
    std::vector<std::jthread> running;
    for (int64_t i = 0; i < threads; ++i) {
      running.emplace_back([&, i] { work(data + n * i / threads, n * (i + 1) / threads - n * i / threads); });
    }
  };
  on_each_part([](uint64_t* part, int64_t size) { std::fill(part, part + size, 1); });
  double best = 0;
  const auto pass = [&](auto sum_of) {
    std::atomic<uint64_t> sum = 0;
    const double before = MonotonicSeconds();
    on_each_part([&](const uint64_t* part, int64_t size) { sum += sum_of(part, size); });
    best = std::max(best, double(bytes) / (MonotonicSeconds() - before) / 1e9);
    if (sum != static_cast<uint64_t>(n)) throw Error("the sum is wrong");
  };
  const double began = MonotonicSeconds();
  for (int round = 0; round < 3 || MonotonicSeconds() - began < 1.5; ++round) {
    pass(Sum<1>);
    pass(Sum<2>);
    pass(Sum<4>);
    pass(Sum<8>);
  }
  munmap(memory, static_cast<size_t>(bytes));
  return {{"gigabytes_per_second", best}};
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

// All positions are supervised, as with labels=input_ids.
json TrainSteps(Transformer& model, Words& words, int warm_up, double learning_rate) {
  const int batch = words.Int(), length = words.Int(), steps = words.Int();
  RandomStream random(0, "speed_bench");
  std::vector<Example> examples;
  for (int i = 0; i < batch; ++i) {
    examples.push_back({.ids = RandomIds(random, length + 1, model.config().vocab_size), .prompt_length = 1});
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
  Train(model, examples, config, 0, log);
  const double rate = double(steps) * batch * length / (ended - began);
  const auto parameters = model.config().ParameterCount();
  return {{"tokens_per_second", rate},
          {"seconds_per_step", (ended - began) / steps},
          {"parameters", parameters},
          {"gflops", 6 * double(parameters) * rate / 1e9},
          {"peak_mb", PeakMegabytes()}};
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
  const bool trains = what == "train" || what == "train-checkpoint" || what == "train-rows";
  if (!trains && what != "decode" && what != "decode-checkpoint") {
    throw Error(fmt::format("unknown use \"{}\"; the first lines of benchmarks/speed_bench.cc have them", what));
  }
  SetThreads(words.Int());
  const bool random = what == "train" || what == "decode";
  const std::unique_ptr<Transformer> model =
      random ? RandomModel(words) : LoadCheckpoint(words.Text(), {.keep_narrow = !trains});
  if (what == "train-rows") return TrainRows(*model, words);
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

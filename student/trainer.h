// Training by an objective: its mean over completion tokens (EOS supervised, prompt and padding never) or over pairs,
// AdamW with warm-up and cosine decay. Deterministic for a seed on one machine and thread count; resumes to the bit.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "core/config/describe.h"
#include "student/example.h"
#include "student/objective.h"

namespace retort {

class Transformer;
struct Scorer;

// Hugging Face's names (TrainingArguments, TRL's SFTConfig).
struct TrainerConfig {
  double learning_rate = 1e-3;
  int max_steps = 200;  // optimizer steps; 0: as num_train_epochs says
  double num_train_epochs = 3;
  int per_device_train_batch_size = 32;
  int gradient_accumulation_steps = 1;
  double warmup_ratio = 0.1;
  std::string lr_scheduler_type = "cosine";  // cosine, linear, constant
  double min_lr_ratio = 0;                   // the floor of the schedule, as a share of learning_rate
  double weight_decay = 0.01;
  double adam_beta1 = 0.9, adam_beta2 = 0.95, adam_epsilon = 1e-8;
  double max_grad_norm = 1;    // 0: no clipping
  int max_length = 1024;       // tokens of prompt and completion; longer samples are cut on the right
  bool bf16 = false;           // matrix products in bfloat16; weights, gradients and moments stay float32
  std::string device = "cpu";  // or cuda
  int save_steps = 0;          // a checkpoint to resume from, every so many steps; 0: none
};
void Describe(Describer& d, TrainerConfig& config);

struct TrainResult {
  int steps = 0;
  int64_t supervised_tokens = 0, tokens = 0;  // over all steps, repeats counted
  double flops = 0;                           // a token: 6 a trained parameter, 4 a frozen one; 2 of what is only run
  double final_loss = 0;                      // mean over the last tenth of the steps
  int64_t parameters = 0,
          trained_parameters = 0;  // float32 each; a trained one has a gradient and two moments beside it
  int64_t teacher_tokens = 0;      // that a live teacher read, prompts and answers
  int64_t own_tokens = 0;          // of prompts and answers that the student drew itself
};

// One line a step: {"step", "loss", "learning_rate", "grad_norm", "tokens"}; with a live teacher also what it has read
// so far, whether the answers are the student's own, the sum of the teacher's log-probabilities of their tokens and the
// sha256 of its logits: {"teacher_tokens", "own", "teacher_logprob", "teacher_sha256"}. Empty = none.
struct TrainLog {
  std::filesystem::path file;
  std::filesystem::path checkpoint;                   // folder to save to and resume from; empty = none
  double save_seconds = 0;                            // a checkpoint also after so long; 0: as save_steps says alone
  std::function<void(int step, int steps)> progress;  // may be empty
};

// What is learnt by, beside the settings of AdamW.
struct Lesson {
  ObjectiveConfig objective;
  int vocab = 0;                    // ids of the student's tokenizer; 0: the model's
  const Scorer* teacher = nullptr;  // where the objective needs one at hand; the same token map (RequireSameTokens)
  std::vector<int> stop_ids;        // of the student's own answers; the first is learnt as their end
};

// Trains `model` in place, or its adapters alone where it has some. Fewer steps than asked for where the lesson's
// budget of teacher tokens ends. Throws Error for no examples, an example without supervised tokens or without what the
// objective needs, a loss that is not finite.
TrainResult Train(Transformer& model, std::span<const Example> examples, const TrainerConfig& config, uint64_t seed,
                  const TrainLog& log, const Lesson& lesson = {});

}  // namespace retort

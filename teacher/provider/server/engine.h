// Who makes the answers behind a server: one interface for a checkpoint in this process, whose requests share one
// decode loop (decode_engine.h), and for any other teacher, which is asked by a few threads (forward_engine.h).
//
// An answer depends on its own request and seed alone, never on what is answered beside it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/data/answerer.h"

namespace retort {

// What a stream sends on: text that is final, with the log-probabilities of the tokens that it is the text of.
struct EngineDelta {
  std::string text;
  std::vector<TokenLogprob> logprobs;
};

struct EngineReply {
  Reply reply;
  // If EngineJob.prompt_logprobs >= 0: of each token of the prompt (of the first one the bytes alone hold), and of the
  // token that ended the answer, if one did.
  std::vector<TokenLogprob> prompt, stop;
};

// One answer that is wanted.
struct EngineJob {
  std::string owner;  // where answers have to wait, owners take turns
  // A prompt without roles is continued as it is, in no chat format. id and attempt name the answer's random stream.
  Request request;
  std::vector<int> ids;           // of the prompt, where they are known; empty: Engine finds them
  std::vector<std::string> stop;  // the answer ends before the first of these
  int prompt_logprobs = -1;       // as Sampling.top_logprobs, of the prompt
  bool only_prompt = false;       // no answer, only what prompt_logprobs asks for
  // In order, on a thread of the engine's; must not block. May stay empty: then the whole comes at once, in on_done.
  std::function<void(EngineDelta)> on_delta;
  // Once, the last call. A failure is a Reply with `error`; its usage says what was spent all the same. The whole
  // answer stands in it, whatever was streamed.
  std::function<void(EngineReply)> on_done;
};

class Engine {
 public:
  virtual ~Engine() = default;  // ends what still runs, without a call; none runs when it returns, but those posted

  // The prompt as the model reads it; empty where nobody knows. Throws Error for a prompt that the model cannot take.
  virtual std::vector<int> Encode(const std::vector<Message>& prompt) const = 0;
  // The text of ids that a client gave. Throws Error for ids that the model has not, and where nobody knows.
  virtual std::string Decode(const std::vector<int>& ids) const = 0;
  // Most tokens of prompt and answer together; 0: unknown.
  virtual int64_t context() const = 0;
  // Whether log-probabilities of a given prompt can be had.
  virtual bool scores_prompts() const = 0;

  // From any thread. Returns a name for Cancel.
  virtual int64_t Submit(EngineJob job) = 0;
  // Ends it soon: on_done hears of an error, and of what was spent. Names of jobs that have ended are nothing.
  virtual void Cancel(int64_t job) = 0;
  // All of them, and what is submitted from now on.
  virtual void CancelAll() = 0;
};

}  // namespace retort

// The log of what one account asks of a teacher in this process. Each process writes a file of its own, so that workers
// of an experiment need not wait for each other.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

#include "core/base/error.h"
#include "teacher/provider/policies.h"
#include "teacher/provider/pseudonyms.h"
#include "teacher/provider/request_log.h"

namespace retort {
namespace {

int64_t UtcMilliseconds() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

// Neither the value nor `name`, which may be the value given by mistake, is ever in a message.
std::string FromEnvironment(const char* option, const std::string& name) {
  if (name.empty()) return "";
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe): nobody sets it here
  if (value != nullptr && *value != 0) return value;
  throw Error({.place = std::string("policies.log.") + option},
              value == nullptr ? "names an environment variable that is not set"
                               : "names an environment variable that is empty",
              "export it first");
}

class LogPolicy : public Policy {
 public:
  explicit LogPolicy(const LogPolicyConfig& config)
      : config_(config),
        payment_(FromEnvironment("payment_env", config.payment_env)),
        address_(FromEnvironment("address_env", config.address_env)) {
    if (config.folder.empty()) throw Error("policies.log.folder: is empty; give a folder for the logs");
  }

  void OnReply(Exchange& exchange, Reply& reply) override {
    if (!log_) Open();
    const Request& asked = exchange.asked;
    RequestRecord record{.time_ms = UtcMilliseconds(),
                         .account = config_.account,
                         .key = config_.key,
                         .tier = config_.tier,
                         .payment = pseudonyms_->Of("payment", payment_),
                         .address = pseudonyms_->Of("address", address_),
                         .address_class = config_.address_class,
                         .prompt = pseudonyms_->OfPrompt(asked.prompt),
                         .prompt_tokens = reply.usage.prompt_tokens,
                         .completion_tokens = reply.usage.completion_tokens,
                         .model = config_.model,
                         .endpoint = "in process",
                         .temperature = asked.sampling.temperature,
                         .top_logprobs = asked.sampling.top_logprobs,
                         .max_tokens = asked.sampling.max_new_tokens,
                         .status = reply.error.empty() ? 200
                                   : reply.refused     ? 403
                                                       : 500,
                         .finish_reason = reply.finish_reason,
                         .actions = exchange.actions,
                         .template_shape = pseudonyms_->Of("template", TemplateShape(asked.prompt)),
                         .features = TextFeaturesOf(asked.prompt)};
    log_->Append(record);
  }

  bool allows_scores() const override { return true; }

 private:
  void Open() {
    const std::filesystem::path folder = config_.folder;
    std::filesystem::create_directories(folder);
    pseudonyms_.emplace(SaltOf(folder / "salt"));
    log_.emplace(folder / fmt::format("{}-{}.jsonl", UtcMilliseconds(), getpid()),
                 RequestLogHead{.salt = pseudonyms_->id(), .retention_days = config_.retention_days});
  }

  LogPolicyConfig config_;
  std::string payment_, address_;
  std::optional<Pseudonyms> pseudonyms_;
  std::optional<RequestLog> log_;
};

}  // namespace

void Describe(Describer& d, LogPolicyConfig& config) {
  const auto text = [&](std::string_view name, std::string& value, std::string_view help) {
    d.Field(name, value, {.help = help, .numerics = false});
  };
  text("folder", config.folder, "where the logs and their secret salt lie; each process writes a file of its own");
  text("account", config.account, "the account that asks, as the log names it");
  text("key", config.key, "name of its API key; never the key itself");
  text("tier", config.tier, "how far its owner was identified: email, phone, document, business");
  text("payment_env", config.payment_env,
       "environment variable that holds its means of payment; only a pseudonym is written");
  text("address_env", config.address_env,
       "environment variable that holds its network address; only a pseudonym is written");
  text("address_class", config.address_class, "home, data centre, vpn, residential proxy, mobile; empty: unknown");
  text("model", config.model, "name of the model, as the log has it");
  d.Field("retention_days", config.retention_days,
          {.help = "how long a record may be kept", .unit = "days", .min = 1, .max = 36500, .numerics = false});
}

std::unique_ptr<Policy> MakeLogPolicy(const LogPolicyConfig& config) { return std::make_unique<LogPolicy>(config); }

}  // namespace retort

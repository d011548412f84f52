// The request log of a teacher in this process or of a gateway. Each process writes files of its own, so that workers
// of an experiment need not wait for each other, and a new one each day (UTC), so that what has expired can go while a
// gateway runs. A record is in its file before the client is told that its exchange is over.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

#include "core/base/clock.h"
#include "core/base/error.h"
#include "teacher/provider/environment.h"
#include "teacher/provider/ip_address.h"
#include "teacher/provider/policies.h"
#include "teacher/provider/pseudonyms.h"
#include "teacher/provider/request_log.h"

namespace retort {
namespace {

class LogPolicy : public Policy {
 public:
  explicit LogPolicy(const LogPolicyConfig& config)
      : config_(config),
        payment_(FromEnvironment("policies.log.payment_env", config.payment_env)),
        address_(FromEnvironment("policies.log.address_env", config.address_env)) {
    if (config.folder.empty()) throw Error("policies.log.folder: is empty; give a folder for the logs");
  }

  void OnEnd(Exchange& exchange) override {
    const int64_t now = UtcMilliseconds();
    {
      const std::scoped_lock lock(mutex_);
      if (!log_ || now / kMillisecondsADay > day_) Open(now);
    }
    const RequestRecord record = RecordOf(exchange, now);  // reads all of the prompt: others need not wait for that
    const std::scoped_lock lock(mutex_);
    log_->Append(record);
    if (config_.sync == "each") log_->Sync();
  }

  bool allows_scores() const override { return true; }

 private:
  // What a policy found of the account goes before what the config says of the only one there is: that is the one of
  // this process, and nobody's who came over HTTP and was turned away before anybody knew who it was.
  RequestRecord RecordOf(const Exchange& exchange, int64_t now) const {
    const Request& asked = exchange.asked;
    const Account& found = exchange.account;
    const bool in_process = exchange.caller.endpoint == kInProcess;
    const bool known =
        !in_process || !found.name.empty() || (exchange.denial && exchange.denial->status == 401);  // as nobody
    std::string address = exchange.caller.address.empty() && in_process ? address_ : exchange.caller.address;
    if (const auto ip = ParseIp(address)) address = AddressGroup(*ip);  // a subscriber is one, however it is written
    return {.time_ms = now,
            .account = known ? found.name : config_.account,
            .key = known ? found.key : config_.key,
            .tier = known ? found.tier : config_.tier,
            .payment = known ? found.payment : pseudonyms_->Of("payment", payment_),
            .address = pseudonyms_->Of("address", address),
            .address_class = config_.address_class,
            .prompt = pseudonyms_->OfPrompt(asked.prompt),
            .prompt_tokens = exchange.spent.prompt_tokens,
            .completion_tokens = exchange.spent.completion_tokens,
            .model = exchange.model.empty() ? config_.model : exchange.model,
            .endpoint = exchange.caller.endpoint,
            .request_id = exchange.caller.request_id,
            .temperature = asked.sampling.temperature,
            .top_logprobs = asked.sampling.top_logprobs,
            .choices = exchange.choices,
            .max_tokens = asked.sampling.max_new_tokens,
            .status = exchange.status,
            .finish_reason = exchange.finish_reason,
            .actions = exchange.actions,
            .template_shape = pseudonyms_->Of("template", TemplateShape(asked.prompt)),
            .features = TextFeaturesOf(asked.prompt)};
  }

  void Open(int64_t now) {
    const std::filesystem::path folder = config_.folder;
    std::filesystem::create_directories(folder);
    if (!pseudonyms_) pseudonyms_.emplace(SaltOf(folder / "salt"));
    RemoveExpiredLogs(folder, now);
    log_.emplace(folder / fmt::format("{}-{}.jsonl", now, getpid()),
                 RequestLogHead{.salt = pseudonyms_->id(), .retention_days = config_.retention_days});
    day_ = now / kMillisecondsADay;
  }

  LogPolicyConfig config_;
  std::string payment_, address_;
  std::mutex mutex_;
  std::optional<Pseudonyms> pseudonyms_;
  std::optional<RequestLog> log_;
  int64_t day_ = 0;  // of log_
};

}  // namespace

void Describe(Describer& d, LogPolicyConfig& config) {
  const auto text = [&](std::string_view name, std::string& value, std::string_view help) {
    d.Field(name, value, {.help = help, .numerics = false});
  };
  text("folder", config.folder, "where the logs and their secret salt lie; each process writes a file of its own");
  text("account", config.account, "the account that asks in this process, as the log names it");
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
  d.Field("sync", config.sync,
          {.help = "whether each record waits for the disk (each), and so survives a power cut, or only the end of the "
                   "process (never)",
           .choices = {"never", "each"},
           .numerics = false});
}

std::unique_ptr<Policy> MakeLogPolicy(const LogPolicyConfig& config) { return std::make_unique<LogPolicy>(config); }

}  // namespace retort

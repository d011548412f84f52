// Makes an API key for an account of a gateway, prints it once, and stores a hash; or ends one.
//   build/account file=accounts.jsonl account=lab-1 tier=phone
//   build/account file=accounts.jsonl revoke=1a2b3c4d5e6f7a8b
#include <fmt/format.h>

#include <cstdio>

#include "core/base/error.h"
#include "core/config/program.h"
#include "teacher/provider/accounts.h"
#include "teacher/provider/environment.h"

namespace retort {
namespace {

struct AccountCommand {
  std::string file, account, tier = "email", terms, payment_env, revoke;
};

void Describe(Describer& d, AccountCommand& c) {
  d.Field("file", c.file,
          {.help = "accounts and hashed keys; made if it is missing", .required = true, .numerics = false});
  d.Field("account", c.account, {.help = "the account that the new key opens, as logs name it", .numerics = false});
  d.Field("tier", c.tier,
          {.help = "how far its owner was identified",
           .choices = {"email", "phone", "document", "business"},
           .numerics = false});
  d.Field("terms", c.terms, {.help = "version of the terms that its owner accepted", .numerics = false});
  d.Field(
      "payment_env", c.payment_env,
      {.help = "environment variable that holds its means of payment; only a pseudonym is stored", .numerics = false});
  d.Field("revoke", c.revoke, {.help = "name of a key to end, in place of making one", .numerics = false});
}

int Main(int argc, char** argv) {
  return RunMain("account", [&] {
    const Program program{.name = "account", .summary = "Make an API key for an account of a gateway, or end one."};
    const auto command = LoadOrExit<AccountCommand>(program, argc, argv);
    if (!command.revoke.empty()) {
      if (!command.account.empty()) throw Error("account: give account or revoke, not both");
      RevokeKey(command.file, command.revoke);
      fmt::print(stderr, "ended key {}; a gateway that runs sees it within a second\n", command.revoke);
      return 0;
    }
    if (command.account.empty()) throw Error("account: give account=<name>, or revoke=<key>");
    const std::string key =
        AddKey(command.file, {.name = command.account, .tier = command.tier, .terms_version = command.terms},
               FromEnvironment("payment_env", command.payment_env));
    fmt::print("{}\n", key);
    if (std::fflush(stdout) != 0) throw Error({.file = "stdout"}, "cannot write");
    fmt::print(stderr, "This key is shown once and stored nowhere. {} holds a hash of it.\n", command.file);
    return 0;
  });
}

}  // namespace
}  // namespace retort

int main(int argc, char** argv) { return retort::Main(argc, argv); }

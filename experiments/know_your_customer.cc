// The claim: a provider that knows its customers keeps distillers out. Tiers of identity, from an e-mail address to a
// registered company, against a distiller who knows them and takes the cheapest way round.
#include "experiments/provider/rounds_main.h"

int main(int argc, char** argv) {
  return retort::provider::RoundsMain(
      retort::provider::RoundsKind::kIdentity,
      {.name = "know_your_customer",
       .summary = "What do identity checks cost a distiller, in days and dollars, and whom do they turn away?",
       .config_name = "know_your_customer"},
      argc, argv);
}

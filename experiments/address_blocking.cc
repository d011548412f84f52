// The claim: a provider that blocks addresses keeps distillers out. Blocks with the best ratio of requests confirmed to
// honest people hit, round by round, against a distiller who moves on.
#include "experiments/provider/rounds_main.h"

int main(int argc, char** argv) {
  return retort::provider::RoundsMain(
      retort::provider::RoundsKind::kAddresses,
      {.name = "address_blocking",
       .summary = "What does blocking addresses cost a distiller, in days and dollars, and whom does it hit?",
       .config_name = "address_blocking"},
      argc, argv);
}

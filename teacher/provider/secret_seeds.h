// Seeds of clients, made useless for measuring. Who knows the random number by which a token was drawn, and chooses it
// by the seed, finds a probability to five digits in some twenty requests, by what is drawn: so the draw follows a seed
// made of the client's, of what is asked and of a secret. The same request with the same seed has the same answer, as
// long as the secret is the same; another prompt, temperature or cut has other numbers, of which nothing can be known.
#pragma once

#include <string>

#include "teacher/provider/policy.h"

namespace retort {

class SecretSeeds {
 public:
  SecretSeeds();                          // under a secret of this process
  explicit SecretSeeds(std::string key);  // throws Error for fewer than 16 bytes

  void Apply(Exchange& exchange) const;  // to what is forwarded
  std::string key_id() const;            // tells keys apart, and gives nothing of them away

 private:
  std::string key_;
};

}  // namespace retort

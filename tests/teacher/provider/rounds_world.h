// The shipped registers of know_your_customer and address_blocking, for tests.
#pragma once

#include "teacher/provider/rounds.h"

namespace retort {

IdentityAssumptions IdentityRegister();
AddressAssumptions AddressRegister();
RoundsWorld ShippedWorld();

}  // namespace retort

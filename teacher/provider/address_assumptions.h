// The constants of address blocking, by name: configs/assumptions/address_blocking.toml.
#pragma once

#include <string_view>
#include <vector>

#include "core/config/describe.h"
#include "teacher/provider/assumption.h"

namespace retort {

struct AddressAssumptions {
  Assumption home_share, data_centre_share, vpn_share, mobile_share, home_users, data_centre_users, vpn_users,
      residential_users, mobile_users, home_traffic, data_centre_traffic, vpn_traffic, residential_traffic,
      mobile_traffic, answer_size, home_lag, data_centre_lag, vpn_lag, residential_lag, mobile_lag, home_addresses,
      data_centre_addresses, vpn_addresses, residential_addresses, mobile_addresses, address_daily;
};

void Describe(Describer& d, AddressAssumptions& a);
std::vector<NamedAssumption> Entries(const AddressAssumptions& a);  // in the order of the register
Assumption& EntryOf(AddressAssumptions& a, std::string_view name);  // which must be there

}  // namespace retort

#include "teacher/provider/address_assumptions.h"

#include "teacher/provider/register_rows.h"

namespace retort {
namespace {

constexpr RegisterRow<AddressAssumptions> kRows[] = {
    {"home_share", "honest people who come from there: the distiller's country", &AddressAssumptions::home_share},
    {"data_centre_share", "honest people who come from there: data centres", &AddressAssumptions::data_centre_share},
    {"vpn_share", "honest people who come from there: VPN", &AddressAssumptions::vpn_share},
    {"mobile_share", "honest people who come from there: mobile", &AddressAssumptions::mobile_share},
    {"home_users", "honest people behind an address: the distiller's country", &AddressAssumptions::home_users},
    {"data_centre_users", "honest people behind an address: data centres", &AddressAssumptions::data_centre_users},
    {"vpn_users", "honest people behind an address: VPN", &AddressAssumptions::vpn_users},
    {"residential_users", "honest people behind an address: residential", &AddressAssumptions::residential_users},
    {"mobile_users", "honest people behind an address: mobile", &AddressAssumptions::mobile_users},
    {"home_traffic", "traffic of the distiller: the distiller's country", &AddressAssumptions::home_traffic},
    {"data_centre_traffic", "traffic of the distiller: data centres", &AddressAssumptions::data_centre_traffic},
    {"vpn_traffic", "traffic of the distiller: VPN", &AddressAssumptions::vpn_traffic},
    {"residential_traffic", "traffic of the distiller: residential", &AddressAssumptions::residential_traffic},
    {"mobile_traffic", "traffic of the distiller: mobile", &AddressAssumptions::mobile_traffic},
    {"answer_size", "traffic of a request and its answer", &AddressAssumptions::answer_size},
    {"home_lag", "until addresses of an ended account can be blocked: the distiller's country",
     &AddressAssumptions::home_lag},
    {"data_centre_lag", "until addresses of an ended account can be blocked: data centres",
     &AddressAssumptions::data_centre_lag},
    {"vpn_lag", "until addresses of an ended account can be blocked: VPN", &AddressAssumptions::vpn_lag},
    {"residential_lag", "until addresses of an ended account can be blocked: residential",
     &AddressAssumptions::residential_lag},
    {"mobile_lag", "until addresses of an ended account can be blocked: mobile", &AddressAssumptions::mobile_lag},
    {"home_addresses", "addresses that a distiller can come by: the distiller's country",
     &AddressAssumptions::home_addresses},
    {"data_centre_addresses", "addresses that a distiller can come by: data centres",
     &AddressAssumptions::data_centre_addresses},
    {"vpn_addresses", "addresses that a distiller can come by: VPN", &AddressAssumptions::vpn_addresses},
    {"residential_addresses", "addresses that a distiller can come by: residential",
     &AddressAssumptions::residential_addresses},
    {"mobile_addresses", "addresses that a distiller can come by: mobile", &AddressAssumptions::mobile_addresses},
    {"address_daily", "requests that one address may carry", &AddressAssumptions::address_daily},
};

}  // namespace

void Describe(Describer& d, AddressAssumptions& a) { DescribeRows(d, a, kRows); }
std::vector<NamedAssumption> Entries(const AddressAssumptions& a) { return RowEntries(a, kRows); }
Assumption& EntryOf(AddressAssumptions& a, std::string_view name) { return RowEntry(a, kRows, name); }

}  // namespace retort
